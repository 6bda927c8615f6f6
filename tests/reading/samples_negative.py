"""Documents that hold no rubric, however much some of them look like one."""

from __future__ import annotations

from tests.reading.builders import Bullets, Grid, Heading, Sample

SYLLABUS = Sample(
    "syllabus",
    [
        Heading("History 204: The Modern City"),
        "Instructor: Dr. Marsh. Office hours: Tuesday 2-4 pm, Room 12.",
        "Course description: we read cities as texts, from Haussmann's Paris to present-day Lagos. "
        "All papers are marked with the department's rubric.",
        Heading("Grading"),
        Bullets(["Midterm exam (25%)", "Final exam (35%)", "Two essays (30%)", "Participation (10%)"]),
        Heading("Schedule"),
        Grid(
            [
                ["Week", "Topic", "Reading"],
                ["1", "What is a city?", "Mumford, chapter 1"],
                ["2", "Paris rebuilt", "Harvey, pages 10-55"],
                ["3", "Chicago and the prairie", "Cronon, chapter 3"],
            ]
        ),
        "Academic honesty: cite whatever you use. Late work loses 10% a day.",
    ],
)

GRADE_TABLE = Sample(
    "course-weights",
    [
        Heading("Course grade"),
        Grid(
            [
                ["Component", "Weight"],
                ["Homework", "20%"],
                ["Quizzes", "15%"],
                ["Midterm exam", "25%"],
                ["Final exam", "40%"],
            ]
        ),
    ],
)

GRADE_SCALE = Sample(
    "grade-scale",
    [
        Heading("Grade scale"),
        Grid(
            [
                ["Grade", "From", "To", "Meaning"],
                ["A", "90", "100", "Excellent"],
                ["B", "80", "89", "Good"],
                ["C", "70", "79", "Satisfactory"],
                ["D", "60", "69", "Poor"],
                ["F", "0", "59", "Failing"],
            ]
        ),
    ],
)

INVOICE = Sample(
    "invoice",
    [
        Heading("Invoice 2024-117"),
        Grid(
            [
                ["Item", "Qty", "Unit price", "Amount"],
                ["Projector lamp", "2", "45.00", "90.00"],
                ["HDMI cable, 5 m", "10", "8.50", "85.00"],
                ["Delivery", "1", "15.00", "15.00"],
                ["Total", "", "", "190.00"],
            ]
        ),
        "Please pay within 30 days.",
    ],
)

CV = Sample(
    "cv",
    [
        Heading("Ada Moreno"),
        "Electrical engineer with ten years of experience in power systems.",
        Heading("Experience"),
        Bullets(
            [
                "Team lead at GridWorks, 2018-2024: planned 3 substations",
                "Engineer at Volt & Sons, 2014-2018",
                "Intern at the city's power company, 2013",
            ]
        ),
        Heading("Skills"),
        "Python (advanced), MATLAB (good), German (basic)",
    ],
)

MINUTES = Sample(
    "minutes",
    [
        Heading("Minutes of the teaching committee"),
        "Present: Ms Adler, Mr Brook, Ms Chen. Date: 4 May.",
        Bullets(
            [
                "The new rubric for essays was discussed; a decision was put off to June.",
                "The budget for 5 new microscopes was accepted.",
                "Mr Brook reports on the exchange with Lyon (14 pupils).",
            ],
            numbered=True,
        ),
    ],
)

ESSAY = Sample(
    "essay",
    [
        Heading("Why we measure"),
        "Measurement began with grain. Whoever stored it had to know how much there was, and whoever taxed it even more so.",
        "By the time that schools took up numbers, a score of 10 points or a mark of 85% already seemed natural to everybody.",
        "And yet a number says little about a page of writing. It is excellent or poor only in the eyes of a reader.",
    ],
)

TIMETABLE = Sample(
    "timetable",
    [
        Heading("Timetable of class 7b"),
        Grid(
            [
                ["Time", "Monday", "Tuesday", "Wednesday", "Thursday"],
                [
                    "8:00",
                    "Maths with Ms Olsen, room 4",
                    "English, Mr Hart, room 2",
                    "Biology in the lab",
                    "Sports, small hall",
                ],
                [
                    "9:45",
                    "Geography, Mr Falk, room 9",
                    "Music, concert room",
                    "History, Ms Roth, room 1",
                    "Maths with Ms Olsen, room 4",
                ],
            ]
        ),
    ],
)

MEMO = Sample(
    "memo",
    [
        Heading("Memo: new rubrics"),
        "Dear colleagues, from autumn on every course works with rubrics. Please do the following:",
        Bullets(
            [
                "Choose an assignment of your course.",
                "Look at the common rubric and adapt its criteria to your assignment.",
                "Send the result to the office by 15 June.",
            ],
            numbered=True,
        ),
    ],
)

DATA_TABLE = Sample(
    "data-table",
    [
        Heading("Rainfall by station"),
        Grid(
            [
                ["Station", "January", "February", "March"],
                ["North pier", "45", "38", "51"],
                ["Old mill", "52", "41", "60"],
                ["Airport", "39", "35", "44"],
            ]
        ),
    ],
)

CONTACTS = Sample(
    "contacts",
    [
        Heading("Whom to ask"),
        Grid(
            [
                ["Name", "Role", "Email"],
                ["Jo Park", "Coordinator of the internship programme", "jo@example.org"],
                ["Lin Wu", "Advisor for students from abroad", "lin@example.org"],
                ["Mo Diaz", "Accounts and travel expenses", "mo@example.org"],
            ]
        ),
    ],
)

SPANISH_PROGRAMME = Sample(
    "programa",
    [
        Heading("Programa de la asignatura: Química I"),
        "Bibliografía básica: Atkins, Principios de química. Horario de consulta: martes.",
        Heading("Evaluación"),
        Bullets(["Primer parcial 30%", "Segundo parcial 30%", "Laboratorio 20%", "Asistencia 20%"]),
    ],
)

COMPARISON = Sample(
    "product-comparison",
    [
        Heading("Which plan suits you?"),
        Grid(
            [
                ["Feature", "Basic", "Advanced"],
                ["Storage", "10 GB", "100 GB"],
                ["Users", "1", "5"],
                ["Price a month", "$4", "$9"],
            ]
        ),
    ],
)

NEGATIVES = [value for value in list(globals().values()) if isinstance(value, Sample)]
