"""Rubrics of our own making in other languages than English."""

from __future__ import annotations

from tests.reading.builders import Bullets, Grid, Heading, Sample

GERMAN = Sample(
    "german-grid",
    [
        Heading("Bewertungsraster Facharbeit"),
        Grid(
            [
                ["Kriterium", "sehr gut (4 P.)", "gut (3 P.)", "befriedigend (2 P.)", "mangelhaft (1 P.)"],
                [
                    "Gliederung",
                    "Der Aufbau ist durchweg klar und schlüssig.",
                    "Der Aufbau ist meistens klar und schlüssig.",
                    "Der Aufbau ist nur in Teilen erkennbar.",
                    "Ein Aufbau ist nicht zu erkennen.",
                ],
                [
                    "Sprache",
                    "Die Sprache ist treffend und fehlerfrei.",
                    "Die Sprache ist treffend, mit wenigen Fehlern.",
                    "Die Sprache ist oft ungenau und fehlerhaft.",
                    "Die Sprache behindert das Verstehen sehr.",
                ],
            ]
        ),
        "Gesamtpunktzahl: ____ / 8",
    ],
    [
        (
            "Gliederung",
            4,
            [
                ("sehr gut", 4, "Der Aufbau ist durchweg klar und schlüssig."),
                ("gut", 3, "Der Aufbau ist meistens klar und schlüssig."),
                ("befriedigend", 2, "Der Aufbau ist nur in Teilen erkennbar."),
                ("mangelhaft", 1, "Ein Aufbau ist nicht zu erkennen."),
            ],
        ),
        (
            "Sprache",
            4,
            [
                ("sehr gut", 4, "Die Sprache ist treffend und fehlerfrei."),
                ("gut", 3, "Die Sprache ist treffend, mit wenigen Fehlern."),
                ("befriedigend", 2, "Die Sprache ist oft ungenau und fehlerhaft."),
                ("mangelhaft", 1, "Die Sprache behindert das Verstehen sehr."),
            ],
        ),
    ],
    total=8,
)

FRENCH = Sample(
    "french-grid",
    [
        Heading("Grille d'évaluation de l'exposé"),
        Grid(
            [
                ["Critères", "Très satisfaisant", "Satisfaisant", "Insuffisant", "Barème"],
                [
                    "Contenu",
                    "Le sujet est traité en profondeur et sans erreur.",
                    "Le sujet est traité dans ses grandes lignes.",
                    "Le sujet est à peine abordé par l'élève.",
                    "/10",
                ],
                [
                    "Expression orale",
                    "La voix porte et le débit est bien maîtrisé.",
                    "La voix porte mais le débit est inégal.",
                    "La voix est inaudible la plupart du temps.",
                    "/6",
                ],
                [
                    "Support visuel",
                    "Le support est clair, lisible et utile.",
                    "Le support est lisible mais trop chargé.",
                    "Le support manque ou ne peut être lu.",
                    "/4",
                ],
                ["Total", "", "", "", "/20"],
            ]
        ),
    ],
    [
        (
            "Contenu",
            10,
            [
                ("Très satisfaisant", None, "Le sujet est traité en profondeur et sans erreur."),
                ("Satisfaisant", None, "Le sujet est traité dans ses grandes lignes."),
                ("Insuffisant", None, "Le sujet est à peine abordé par l'élève."),
            ],
        ),
        (
            "Expression orale",
            6,
            [
                ("Très satisfaisant", None, "La voix porte et le débit est bien maîtrisé."),
                ("Satisfaisant", None, "La voix porte mais le débit est inégal."),
                ("Insuffisant", None, "La voix est inaudible la plupart du temps."),
            ],
        ),
        (
            "Support visuel",
            4,
            [
                ("Très satisfaisant", None, "Le support est clair, lisible et utile."),
                ("Satisfaisant", None, "Le support est lisible mais trop chargé."),
                ("Insuffisant", None, "Le support manque ou ne peut être lu."),
            ],
        ),
    ],
    total=20,
)

SPANISH = Sample(
    "spanish-grid",
    [
        Heading("Rúbrica de evaluación: maqueta"),
        Grid(
            [
                ["Indicadores", "Logrado (3 puntos)", "Medianamente logrado (2 puntos)", "Por lograr (1 punto)"],
                [
                    "Uso de materiales",
                    "Emplea materiales reciclados en toda la maqueta.",
                    "Emplea materiales reciclados en una parte.",
                    "No emplea materiales reciclados.",
                ],
                [
                    "Escala",
                    "Todas las partes respetan la escala pedida.",
                    "Algunas partes no respetan la escala.",
                    "La maqueta no respeta ninguna escala.",
                ],
            ]
        ),
        "Puntaje total: 6 puntos",
    ],
    [
        (
            "Uso de materiales",
            3,
            [
                ("Logrado", 3, "Emplea materiales reciclados en toda la maqueta."),
                ("Medianamente logrado", 2, "Emplea materiales reciclados en una parte."),
                ("Por lograr", 1, "No emplea materiales reciclados."),
            ],
        ),
        (
            "Escala",
            3,
            [
                ("Logrado", 3, "Todas las partes respetan la escala pedida."),
                ("Medianamente logrado", 2, "Algunas partes no respetan la escala."),
                ("Por lograr", 1, "La maqueta no respeta ninguna escala."),
            ],
        ),
    ],
    total=6,
)

PORTUGUESE = Sample(
    "portuguese-points",
    [
        Heading("Barema de avaliação do seminário"),
        Grid(
            [
                ["Critério", "Pontuação máxima", "Nota"],
                ["Domínio do conteúdo", "4,0", ""],
                ["Clareza da exposição", "2,5", ""],
                ["Qualidade dos slides", "2,0", ""],
                ["Uso do tempo", "1,5", ""],
                ["Total", "10,0", ""],
            ]
        ),
    ],
    [
        ("Domínio do conteúdo", 4, []),
        ("Clareza da exposição", 2.5, []),
        ("Qualidade dos slides", 2, []),
        ("Uso do tempo", 1.5, []),
    ],
    total=10,
    kind="point_list",
)

CHINESE = Sample(
    "chinese-grid",
    [
        Heading("课程论文评分标准"),
        Grid(
            [
                ["评价指标", "分值", "优秀", "良好", "不合格"],
                [
                    "选题意义",
                    "30分",
                    "选题新颖，具有重要的理论和现实意义。",
                    "选题较好，具有一定的现实意义。",
                    "选题陈旧，缺乏研究意义。",
                ],
                [
                    "论证过程",
                    "50分",
                    "论证充分，逻辑严密，材料翔实可靠。",
                    "论证较充分，逻辑基本清楚。",
                    "论证混乱，缺少必要的材料。",
                ],
                [
                    "写作规范",
                    "20分",
                    "格式规范，语言流畅，引用准确。",
                    "格式基本规范，语言较通顺。",
                    "格式混乱，语言不通顺。",
                ],
                ["合计", "100分", "", "", ""],
            ]
        ),
    ],
    [
        (
            "选题意义",
            30,
            [
                ("优秀", None, "选题新颖，具有重要的理论和现实意义。"),
                ("良好", None, "选题较好，具有一定的现实意义。"),
                ("不合格", None, "选题陈旧，缺乏研究意义。"),
            ],
        ),
        (
            "论证过程",
            50,
            [
                ("优秀", None, "论证充分，逻辑严密，材料翔实可靠。"),
                ("良好", None, "论证较充分，逻辑基本清楚。"),
                ("不合格", None, "论证混乱，缺少必要的材料。"),
            ],
        ),
        (
            "写作规范",
            20,
            [
                ("优秀", None, "格式规范，语言流畅，引用准确。"),
                ("良好", None, "格式基本规范，语言较通顺。"),
                ("不合格", None, "格式混乱，语言不通顺。"),
            ],
        ),
    ],
    total=100,
    font="STSong-Light",
    layouts=("docx", "ruled"),
)

CHINESE_LIST = Sample(
    "chinese-list",
    [
        Heading("实验报告评分细则（满分100分）"),
        "一、实验目的与原理（20分）",
        "二、实验步骤记录完整、准确（30分）",
        "三、数据处理与误差分析（35分）",
        "四、思考题与总结（15分）",
    ],
    [
        ("实验目的与原理", 20, []),
        ("实验步骤记录完整、准确", 30, []),
        ("数据处理与误差分析", 35, []),
        ("思考题与总结", 15, []),
    ],
    total=100,
    kind="point_list",
    font="STSong-Light",
    layouts=("docx", "ruled"),
)

ITALIAN = Sample(
    "italian-grid",
    [
        Heading("Griglia di valutazione del tema"),
        Grid(
            [
                ["Indicatori", "Ottimo", "Buono", "Sufficiente", "Insufficiente"],
                [
                    "Aderenza alla traccia",
                    "La traccia è sviluppata in ogni sua parte.",
                    "La traccia è sviluppata quasi per intero.",
                    "La traccia è sviluppata solo in parte.",
                    "La traccia non è stata compresa.",
                ],
                [
                    "Correttezza",
                    "Il testo è corretto in ogni punto.",
                    "Il testo contiene pochi errori lievi.",
                    "Il testo contiene diversi errori.",
                    "Gli errori gravi sono molto frequenti.",
                ],
            ]
        ),
    ],
    [
        (
            "Aderenza alla traccia",
            None,
            [
                ("Ottimo", None, "La traccia è sviluppata in ogni sua parte."),
                ("Buono", None, "La traccia è sviluppata quasi per intero."),
                ("Sufficiente", None, "La traccia è sviluppata solo in parte."),
                ("Insufficiente", None, "La traccia non è stata compresa."),
            ],
        ),
        (
            "Correttezza",
            None,
            [
                ("Ottimo", None, "Il testo è corretto in ogni punto."),
                ("Buono", None, "Il testo contiene pochi errori lievi."),
                ("Sufficiente", None, "Il testo contiene diversi errori."),
                ("Insufficiente", None, "Gli errori gravi sono molto frequenti."),
            ],
        ),
    ],
)

DUTCH = Sample(
    "dutch-grid",
    [
        Heading("Beoordelingsformulier stageverslag"),
        Grid(
            [
                ["Onderdeel", "Onvoldoende", "Voldoende", "Goed", "Weging"],
                [
                    "Inleiding",
                    "De inleiding ontbreekt of is onduidelijk.",
                    "De inleiding noemt de vraag en het doel.",
                    "De inleiding plaatst de vraag in haar verband.",
                    "20%",
                ],
                [
                    "Reflectie",
                    "Er wordt niet op het eigen werk gereflecteerd.",
                    "Er wordt hier en daar gereflecteerd.",
                    "De reflectie is eerlijk en gaat diep.",
                    "80%",
                ],
            ]
        ),
    ],
    [
        (
            "Inleiding",
            20,
            [
                ("Onvoldoende", None, "De inleiding ontbreekt of is onduidelijk."),
                ("Voldoende", None, "De inleiding noemt de vraag en het doel."),
                ("Goed", None, "De inleiding plaatst de vraag in haar verband."),
            ],
        ),
        (
            "Reflectie",
            80,
            [
                ("Onvoldoende", None, "Er wordt niet op het eigen werk gereflecteerd."),
                ("Voldoende", None, "Er wordt hier en daar gereflecteerd."),
                ("Goed", None, "De reflectie is eerlijk en gaat diep."),
            ],
        ),
    ],
)

GERMAN_LIST = Sample(
    "german-points",
    [
        Heading("Erwartungshorizont"),
        Bullets(
            [
                "nennt Titel, Autor und Erscheinungsjahr (3 Punkte)",
                "gibt den Inhalt in eigenen Worten wieder (8 Punkte)",
                "deutet mindestens zwei sprachliche Mittel (12 Punkte)",
                "bezieht begründet Stellung (7 Punkte)",
            ],
            numbered=True,
        ),
        "Summe: 30 Punkte",
    ],
    [
        ("nennt Titel, Autor und Erscheinungsjahr", 3, []),
        ("gibt den Inhalt in eigenen Worten wieder", 8, []),
        ("deutet mindestens zwei sprachliche Mittel", 12, []),
        ("bezieht begründet Stellung", 7, []),
    ],
    total=30,
    kind="point_list",
    layouts=("docx", "ruled"),
)

LANGUAGES = [value for value in list(globals().values()) if isinstance(value, Sample)]
