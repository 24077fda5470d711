"""How records become children: the kept index brought up to date, neighbourhoods resolved."""
