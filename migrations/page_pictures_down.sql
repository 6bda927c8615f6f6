DROP TABLE grader.rubric_job_pictures;
