# Prints a line for each thing in which the report of $day differs from the truth.
($truth[0].days[] | select(.day == $day)) as $t | $report[0] as $r |

def same($what; $is; $wanted): select($is != $wanted) | "\($what): \($is | tojson) instead of \($wanted | tojson)";
def near($what; $is; $wanted):
  select($wanted != null and ($is == null or ($is - $wanted | fabs) > 0.01 * $wanted + 1e-9)) |
  "\($what): \($is | tojson) instead of \($wanted | tojson)";

same("day"; $r.day; $day),
same("errors"; $r.figures.errors.count; $t.errors),
same("failed logins"; $r.figures.failed_logins.count; $t.failed_logins),
same("rate limits"; $r.figures.rate_limits.count; $t.rate_limits),
same("denials"; $r.figures.denials.count; $t.denials),
same("requests"; $r.figures.requests.count; $t.requests),
near("error rate"; $r.figures.error_rate.value; $t.failed / $t.requests),
near("availability"; $r.figures.availability.value; 1 - $t.failed / $t.requests),
same("successful logins"; $r.logins.successes; $t.successes),
same("unparsed"; [$r.unparsed[].count] | add // 0; $t.unparsed),
same("bursts"; $r.logins.bursts.distinct; $t.bursts),
same("errors by hour"; $r.errors_by_hour; $t.errors_by_hour),
same("requests by hour"; $r.requests_by_hour | add; $t.requests),
same("sum of patterns"; [$r.patterns.rows[].count] | add; $t.errors),
same("sum of limits"; [$r.limits.by_route.rows[].count, $r.limits.by_route.more.count] | add; $t.rate_limits),

# Each kind of error is one pattern, whose hours add up to its count.
($t.kinds[] | . as $kind |
  [$r.patterns.rows[] | select(.count > 0 and (.template | startswith($kind.begins)))] as $rows |
  same("kind " + $kind.begins; [$rows[].count]; if $kind.count > 0 then [$kind.count] else [] end)),
($r.patterns.rows[] | same("hours of " + .template; .hours | add; .count)),

# Requests of each class of each service.
same("classes"; $r.slo.rows | length; $t.classes | length),
($t.classes[] | . as $class |
  ($r.slo.rows[] | select(.service == $class.service and .class == $class.class)) as $row |
  "\($class.service) \($class.class)" as $name |
  same($name + " requests"; $row.requests; $class.requests),
  same($name + " failed"; $row.failed; $class.failed),
  same($name + " refused"; $row.refused; $class.refused),
  same($name + " timed"; $row.timed; $class.timed),
  near($name + " p50"; $row.p50_ms; $class.p50_ms),
  near($name + " p95"; $row.p95_ms; $class.p95_ms),
  near($name + " p99"; $row.p99_ms; $class.p99_ms)),

# What each user did, and the day before.
($t.users | to_entries[] | . as $user |
  same("user " + $user.key; [$r.users.rows[] | select(.user == $user.key) | .count]; [$user.value])),
($truth[0].days as $days | ($days | map(.day) | index($day)) as $i | select($i > 0) |
  same("failed logins of the day before"; $r.figures.failed_logins.before; $days[$i - 1].failed_logins),
  same("rate limits of the day before"; $r.figures.rate_limits.before; $days[$i - 1].rate_limits),
  same("denials of the day before"; $r.figures.denials.before; $days[$i - 1].denials),
  same("errors of the day before"; $r.figures.errors.before; $days[$i - 1].errors),
  same("requests of the day before"; $r.figures.requests.before; $days[$i - 1].requests))
