DROP TABLE grader.provider_lanes;
ALTER TABLE grader.rubric_extraction_jobs DROP COLUMN calling, DROP COLUMN input_digest;
