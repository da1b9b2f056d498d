-- The three questions, asked of ClickHouse (winnow.sql). What winnow answers from one store is what these answer from all of a fleet.

-- ---- Security: who failed to log in, from where, how often; did one get in at the end?  (winnow logins --by ip, --bursts)

SELECT
    client_ip,
    countIf(has(kind, 'auth_failure')) AS failures,
    uniqExactIf(user, has(kind, 'auth_failure')) AS users,
    minIf(time, has(kind, 'auth_failure')) AS first,
    maxIf(time, has(kind, 'auth_failure')) AS last,
    nullIf(minIf(time, has(kind, 'auth_success') AND time >= first_failure), toDateTime64(0, 6, 'UTC')) AS got_in -- the first success after a failure
FROM winnow.record
LEFT JOIN
(
    SELECT client_ip, min(time) AS first_failure
    FROM winnow.record
    WHERE has(kind, 'auth_failure')
    GROUP BY client_ip
) AS failed USING (client_ip)
WHERE hasAny(kind, ['auth_failure', 'auth_success']) AND client_ip != ''
GROUP BY client_ip
HAVING failures > 0
ORDER BY failures DESC, client_ip
LIMIT 100;

-- ---- On-call: every line of one request, across services and hosts, in order  (winnow trace q_2026_000123)

SELECT time, agent_host, source, offset, service, level, raw
FROM winnow.record
WHERE {id:String} IN (request_id, query_id, trace_id) OR (hasToken(raw, {id:String}) AND match({id:String}, '^[A-Za-z0-9]+$'))
    OR (raw LIKE concat('%', {id:String}, '%') AND NOT match({id:String}, '^[A-Za-z0-9]+$'))
ORDER BY time, source, offset;

-- ---- Every morning: the patterns of errors, what is new since the day before, what surged  (winnow report)

SELECT
    pattern,
    countIf(toDate(time) = {day:Date}) AS count,
    countIf(toDate(time) = {day:Date} - 1) AS before,
    multiIf(min(time) >= toDateTime64({day:Date}, 6, 'UTC'), 'new', count >= 10 AND count >= 2 * before, 'surge', '') AS flag,
    groupUniqArrayIf(service, service != '') AS services,
    any(raw) AS example
FROM winnow.record
WHERE has(kind, 'error')
GROUP BY pattern
HAVING count > 0
ORDER BY count DESC, pattern;
