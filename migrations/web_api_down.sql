DROP FUNCTION grader.queue_place(bigint, timestamptz);
DROP TABLE grader.request_rates, grader.idempotency_keys;
