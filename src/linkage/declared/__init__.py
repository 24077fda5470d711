"""Tables of another shape: records of declared fields, compared under a model made from them.

``shape`` says which fields a table has, ``cells`` brings values into standard form, ``levels``
compares two of them, ``model`` weighs what came out, ``blocking`` says which records meet,
``estimate`` makes a model from a table, ``decide`` says what a weight means, and ``index`` walks
over many records with the compiled comparison of ``linkage.compiled.declared``.
"""
