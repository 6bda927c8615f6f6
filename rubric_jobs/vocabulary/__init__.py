"""Words that rubrics are made of, in the languages that teachers here write in: one JSON file a language.

A file maps concepts (`criterion`, `points`, `total`, …) to words and short phrases, and `levels` from a rank between
0 (worst) and 1 (best) to names of levels. A word ending in `*` stands for every word that begins so. A new word, or a
new language, is data: nothing here has to change.
"""
