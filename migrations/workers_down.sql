DROP TABLE grader.rubric_workers;
