"""Checklists of criteria without points, and lists and tables set like them that judge nothing."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.made_lists import Handout

ITEMS: dict[str, dict[str, list[str]]] = {
    "en": {
        "titles": [
            "Essay checklist",
            "Self-assessment: presentation",
            "Peer review of the lab report",
            "Project review",
        ],
        "heads": ["Checklist", "What I look for", "Before you hand in", "Assessment", "Peer evaluation form"],
        "questions": [
            "Does the introduction say what the text is about?",
            "Are all sources named?",
            "Is each claim supported by an example?",
            "Are figures numbered and explained?",
            "Does the conclusion answer the question?",
            "Is the text free of spelling mistakes?",
        ],
        "own": [
            "I have stated my aim in the first paragraph.",
            "I have used at least three sources.",
            "My paragraphs follow one another.",
            "I looked at the audience while I spoke.",
            "I kept to the time.",
            "My poster can be read from two metres.",
        ],
        "facts": [
            "The student names the aim of the work.",
            "The report has a title page.",
            "The talk holds the attention of the class.",
            "Results are shown in a table or figure.",
            "All group members took part.",
            "The code runs without errors.",
        ],
        "answers": ["Yes", "No"],
    },
    "de": {
        "titles": ["Checkliste Facharbeit", "Selbsteinschätzung: Referat", "Rückmeldung zum Vortrag"],
        "heads": ["Checkliste", "Bewertung", "Vor der Abgabe", "Worauf ich achte"],
        "questions": [
            "Nennt die Einleitung das Thema?",
            "Sind alle Quellen angegeben?",
            "Wird jede Behauptung belegt?",
            "Ist der Text frei von Rechtschreibfehlern?",
            "Beantwortet der Schluss die Frage?",
        ],
        "own": [
            "Ich habe das Thema genannt.",
            "Ich habe drei Quellen benutzt.",
            "Ich habe laut und deutlich gesprochen.",
            "Meine Folien sind gut lesbar.",
            "Ich habe die Zeit eingehalten.",
        ],
        "facts": [
            "Der Vortrag ist klar gegliedert.",
            "Die Arbeit hat ein Deckblatt.",
            "Die Quellen sind vollständig.",
            "Die Abbildungen sind beschriftet.",
            "Alle haben mitgearbeitet.",
        ],
        "answers": ["ja", "nein"],
    },
    "fr": {
        "titles": ["Grille d'autoévaluation : exposé", "Évaluation du dossier", "Liste de contrôle du rapport"],
        "heads": ["Évaluation", "Avant de rendre ton travail", "Critères de réussite", "Autoévaluation"],
        "questions": [
            "Le titre annonce-t-il le sujet ?",
            "Toutes les sources sont-elles citées ?",
            "Chaque idée est-elle illustrée ?",
            "Le texte est-il sans fautes ?",
            "La conclusion répond-elle à la question ?",
        ],
        "own": [
            "J'ai présenté mon sujet.",
            "J'ai cité mes sources.",
            "Je parle assez fort.",
            "Mon plan est clair.",
            "J'ai respecté le temps.",
        ],
        "facts": [
            "Le plan est clair et annoncé.",
            "Les sources sont citées.",
            "Le support est lisible.",
            "L'élève parle sans lire.",
            "Le dossier est soigné.",
        ],
        "answers": ["Oui", "Non"],
    },
    "es": {
        "titles": ["Lista de cotejo: exposición", "Autoevaluación del informe", "Evaluación del proyecto"],
        "heads": ["Evaluación", "Antes de entregar", "Criterios de evaluación", "Lista de cotejo"],
        "questions": [
            "¿La introducción presenta el tema?",
            "¿Se citan todas las fuentes?",
            "¿Cada idea tiene un ejemplo?",
            "¿El texto está libre de errores?",
            "¿La conclusión responde a la pregunta?",
        ],
        "own": [
            "He presentado mi tema.",
            "He citado mis fuentes.",
            "Hablo con voz clara.",
            "Mi texto está ordenado.",
            "He respetado el tiempo.",
        ],
        "facts": [
            "El trabajo tiene portada.",
            "Las fuentes están citadas.",
            "El alumno habla con claridad.",
            "Las figuras están explicadas.",
            "Todos participan en el grupo.",
        ],
        "answers": ["Sí", "No"],
    },
}
NEGATIVES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Packing list", ("Passport", "Rain jacket", "Two pairs of socks", "Toothbrush", "Charger", "Sleeping bag")),
    ("Release steps", ("Update the version", "Run the tests", "Tag the commit", "Publish the notes", "Tell the users")),
    ("Safety in the lab", ("Wear goggles.", "Tie back long hair.", "Never run.", "Report spills at once.", "No food.")),
    ("To do", ("Book the room", "Print the badges", "Order coffee", "Send invitations", "Collect the fees")),
    ("You will learn", ("Read a chart", "Write a short essay", "Compare two sources", "Give a talk", "Work in a team")),
    ("Einkaufsliste", ("Mehl", "Zucker", "Eier", "Milch", "Butter", "Hefe")),
    ("Règlement", ("Respecter les horaires.", "Éteindre le téléphone.", "Ranger la salle.", "Ne pas courir.")),
    ("Materiales", ("Un cuaderno", "Lápices de color", "Una regla", "Tijeras", "Pegamento")),
    (
        "Questions and answers",
        ("Where is the library?", "When does the term begin?", "Who may park here?", "Is lunch free?"),
    ),
    (
        "Database review",
        ("Has every table a key?", "Are names in one style?", "Is each column needed?", "Are dates typed?"),
    ),
    ("Submission", ("Upload one PDF file.", "Name it after your group.", "Add the source code.", "Keep a copy.")),
    ("Agenda", ("Welcome", "Report of the chair", "Budget", "Elections", "Any other business")),
)
REPLIES = ("Ask at the desk.", "In October.", "Only with a permit.", "See page 3.", "Done by Kim.", "12", "3 pieces")


def made(chance: random.Random) -> Handout:
    """A checklist in a list or a table; every third handout is none and only looks so."""
    if chance.random() < 1 / 3:
        return _other(chance)
    language = chance.choice(["en", "en", "en", "de", "fr", "es"])
    own = ITEMS[language]
    handout = Handout(chance, language)
    if chance.random() < 0.8:
        handout.add(chance.choice(own["titles"]), "title")
    handout.some_prose(2)
    if chance.random() < 0.2:
        handout.add(handout.one("other"), "head")
        for text in handout.one("lists"):
            handout.add(text, "bullet")
    if chance.random() < 0.7:
        handout.add(chance.choice(own["heads"]), chance.choice(["head", "bold"]))
    items = own[chance.choice(["questions", "own", "facts"])]
    items = chance.sample(items, chance.randint(4, len(items)))
    handout.criteria += [{"name": item, "names": [], "points": None, "levels": []} for item in items]
    chance.choice([_as_list, _as_table])(handout, items, _asking(handout, own["answers"]))
    handout.some_prose(1)
    return handout


def _other(chance: random.Random) -> Handout:
    handout = Handout(chance, "en")
    title, items = chance.choice(NEGATIVES)
    handout.add(title, chance.choice(["title", "head", "bold"]))
    handout.some_prose(2)
    told = [*items]
    chance.shuffle(told)
    columns = chance.choice([("Item", "Note"), ("", "Done"), ("What", "Who", "When"), ("Nr.", "Reply")])
    chance.choice([_as_list, _as_table])(handout, told, (columns, _replies(handout, len(columns) - 1)))
    handout.some_prose(2)
    return handout


Cells = tuple[tuple[str, ...], Callable[[], tuple[str, ...]]]
"""The headings of all columns, and the cells beside one item."""


def _asking(handout: Handout, answers: list[str]) -> Cells:
    name = handout.chance.choice(["", "", handout.one("heads")])
    ways: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        (("",), ("☐",)),
        (("",), ("[ ]",)),
        (tuple(answers), ("☐", "☐")),
        (tuple(answers), ("", "")),
        ((handout.one("notes"),), ("",)),
        ((*answers, handout.one("notes")), ("", "", "")),
        (("", ""), tuple(answers)),
    ]
    heads, cells = handout.chance.choice(ways)
    return (name, *heads), lambda: cells


def _replies(handout: Handout, count: int) -> Callable[[], tuple[str, ...]]:
    is_blank = handout.chance.random() < 0.3
    return lambda: tuple("" if is_blank else handout.chance.choice(REPLIES) for _ in range(count))


def _as_list(handout: Handout, items: list[str], cells: Cells) -> None:
    marker = handout.chance.choice(["box", "box", "bullet", "bullet", "number", "dash"])
    for item in items:
        handout.add(item, marker)


def _as_table(handout: Handout, items: list[str], cells: Cells) -> None:
    heads, beside = cells
    rows = [heads] if any(heads) else []
    rows += [(item, *beside()) for item in items]
    handout.add("\n".join("\t".join(row) for row in rows), "table")
