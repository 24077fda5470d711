"""The read service: answers over HTTP, with access decided, reasoned and recorded first."""
