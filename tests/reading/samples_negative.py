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
        "Measurement began with grain. Whoever stored it had to know how much of it there was.",
        "When schools took up numbers, a score of 10 points or a mark of 85% already seemed natural.",
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
                    "Maths, Ms Olsen, room 4",
                    "English, Mr Hart, room 2",
                    "Biology in the lab",
                    "Sports, small hall",
                ],
                [
                    "9:45",
                    "Geography, Mr Falk, room 9",
                    "Music, concert room",
                    "History, Ms Roth, room 1",
                    "Maths, Ms Olsen, room 4",
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

RANKING = Sample(
    "ranking",
    [
        Heading("League table after round 9"),
        Grid(
            [
                ["Team", "Played", "Points"],
                ["Rovers", "9", "21"],
                ["City", "9", "18"],
                ["Athletic", "9", "15"],
                ["United", "9", "4"],
            ]
        ),
    ],
)

AGENDA = Sample(
    "agenda",
    [
        Heading("Agenda of the parents' evening"),
        "1. Welcome by the head of school (10 min)",
        "2. The new timetable and its reasons (20 min)",
        "3. How we give marks and what they mean (15 min)",
        "4. Questions of the parents (30 min)",
    ],
)

RECIPE = Sample(
    "recipe",
    [
        Heading("Bread for twelve"),
        Bullets(["Flour 1000 g", "Water 650 g", "Salt 20 g", "Yeast 10 g"]),
        "Mix everything, let it rest for 2 hours, bake at 230 degrees.",
    ],
)

PROBLEM_SET = Sample(
    "problem-set",
    [
        Heading("Problem set 5"),
        "Hand in your solutions by Friday. You may work in pairs.",
        "Let G be a connected graph with n vertices. Show that G has n - 1 edges or more, and is a tree if it has "
        "exactly n - 1 of them. (Hint: use induction.)",
        "Give an algorithm that finds the median of two sorted lists of length n in O(log n) steps.",
    ],
)

BUDGET = Sample(
    "budget",
    [
        Heading("Budget of the summer school"),
        Grid(
            [
                ["Item", "Cost"],
                ["Rent of the lecture hall for a week", "1200"],
                ["Travel of the four invited speakers", "1600"],
                ["Coffee and sandwiches for sixty people", "900"],
                ["Total", "3700"],
            ]
        ),
    ],
)

SURVEY = Sample(
    "survey-results",
    [
        Heading("What students told us"),
        Grid(
            [
                ["Statement", "Agree", "Disagree"],
                ["The course was well organised", "82%", "18%"],
                ["The workload was as expected", "61%", "39%"],
                ["I would take the course again", "77%", "23%"],
            ]
        ),
    ],
)

GLOSSARY = Sample(
    "glossary",
    [
        Heading("Terms used in this guide"),
        Grid(
            [
                ["Term", "Meaning"],
                ["Formative", "Said of feedback that comes while the work can still be changed."],
                ["Summative", "Said of a judgement that comes once the work has been handed in."],
                ["Rubric", "A table that says what is looked at and what counts as good."],
            ],
            widths=[0.25, 0.75],
        ),
    ],
)

PLAN_OF_WORK = Sample(
    "plan-of-work",
    [
        Heading("Work plan of the project"),
        Grid(
            [
                ["Task", "Responsible", "Status"],
                ["Interviews with ten teachers of the region", "Kim", "done"],
                ["Transcripts of all of the interviews", "Lee", "in progress"],
                ["First draft of the report to the ministry", "Kim", "not started"],
            ]
        ),
    ],
)

LETTER = Sample(
    "letter",
    [
        "Dear Ms Winter,",
        "thank you for your application. Your portfolio was excellent, and your test gave 87 of 100 points.",
        "We would like to meet you on 3 March at 10:30 in room 205.",
        "Yours sincerely, P. Somers",
    ],
)

NEGATIVES = [value for value in list(globals().values()) if isinstance(value, Sample)]
