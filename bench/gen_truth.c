#include "bench/gen_truth.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_number(FILE *out, const char *key, uint64_t value)
{
    fprintf(out, " \"%s\": %" PRIu64 ",\n", key, value);
}

static void print_counts(const struct truth *truth, FILE *out)
{
    fprintf(out, " \"bytes\": %" PRIu64 ", \"lines\": %" PRIu64 ", \"avg_line\": %.2f,\n", truth->bytes, truth->lines,
            (double)truth->bytes / (double)truth->lines);
    print_number(out, "class_info", truth->infos);
    print_number(out, "class_warning", truth->warnings);
    print_number(out, "class_error", truth->errors);
    print_number(out, "class_auth_success", truth->logins);
    print_number(out, "class_auth_failed", truth->login_failures);
    print_number(out, "class_debug", truth->debugs);
    print_number(out, "class_audit_access", truth->audits);
    print_number(out, "level_INFO", truth->levels[LEVEL_INFO]);
    print_number(out, "level_WARNING", truth->levels[LEVEL_WARNING]);
    print_number(out, "level_ERROR", truth->levels[LEVEL_ERROR]);
    print_number(out, "level_DEBUG", truth->levels[LEVEL_DEBUG]);
    print_number(out, "keyset_api", truth->key_sets[KEYS_API]);
    print_number(out, "keyset_celery", truth->key_sets[KEYS_TASK]);
    print_number(out, "keyset_audit_auth", truth->key_sets[KEYS_AUDIT]);
    print_number(out, "rate_limit_exceeded", truth->rate_limits);
    print_number(out, "slow_query_warnings", truth->slow_queries);
    print_number(out, "errors_with_exc_info", truth->traces);
    print_number(out, "auth_failed_in_bursts", truth->burst_failures);
    print_number(out, "lines_with_query_id", truth->query_lines);
    print_number(out, "query_ids_opened", truth->queries);
    fprintf(out, " \"first_ts\": \"2024-06-03T00:00:00Z\", \"last_ts\": \"%s\",\n", truth->last_timestamp);
}

static void print_needles(const struct truth *truth, FILE *out)
{
    fputs(" \"needles\": [", out);
    for (size_t i = 0; i < truth->needle_count; i++) {
        const struct needle *needle = &truth->needles[i];
        fprintf(out,
                "%s\n  {\"query_id\": \"q_2024_%06u\", \"request_id\": \"%s\", \"lines_with_query_id\": %" PRIu64
                ", \"first_line\": %" PRIu64 ", \"last_line\": %" PRIu64 "}",
                i ? "," : "", needle->query, needle->request.text, needle->lines, needle->first, needle->last);
    }
    fputs("],\n", out);
}

static void print_errors(const struct truth *truth, FILE *out)
{
    fputs(" \"error_templates\": [", out);
    for (size_t i = 0; i < ERRORS; i++) {
        fprintf(out, "%s\n  {\"error_type\": \"%s\", \"template\": \"%s: ", i ? "," : "", errors[i].type,
                errors[i].type);
        for (const char *at = errors[i].message; *at != '\0'; at++) {
            if (*at == '%') {
                fputs("<*>", out);
                at++;
            } else {
                fputc(*at, out);
            }
        }
        fprintf(out, "\", \"count\": %" PRIu64 ", \"with_exc_info\": %" PRIu64 "}", truth->error_counts[i],
                truth->error_traces[i]);
    }
    fputs("],\n", out);
}

struct rank {
    uint64_t failures;
    int address;
};

static int by_failures(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->failures != y->failures)
        return x->failures < y->failures ? 1 : -1;
    return x->address - y->address;
}

static void print_failures(const struct truth *truth, FILE *out)
{
    uint64_t failed = 0, flagged = 0;
    struct rank ranks[ADDRESSES];
    for (int i = 0; i < ADDRESSES; i++) {
        ranks[i] = (struct rank){truth->failures[i].count, i};
        failed += truth->failures[i].count > 0;
        flagged += truth->failures[i].flagged;
    }
    qsort(ranks, ADDRESSES, sizeof *ranks, by_failures);
    print_number(out, "failed_login_ips", failed);
    print_number(out, "ips_ge10_failures_in_300s", flagged);

    fputs(" \"flagged_ips\": [", out);
    const char *comma = "";
    for (int i = 0; i < ADDRESSES; i++) {
        if (!truth->failures[i].flagged)
            continue;
        fprintf(out, "%s\"%s\"", comma, truth->addresses[i]);
        comma = ", ";
    }
    fputs("],\n \"top_failed_ips\": [", out);
    for (int i = 0; i < 20; i++)
        fprintf(out, "%s[\"%s\", %" PRIu64 "]", i ? ", " : "", truth->addresses[ranks[i].address], ranks[i].failures);
    fputs("],\n", out);
}

static void print_bursts(const struct truth *truth, FILE *out)
{
    fputs(" \"bursts\": [", out);
    const char *comma = "";
    for (size_t i = 0; i < BURSTS; i++) {
        const struct burst *burst = &truth->bursts[i];
        if (burst->failures == 0)
            continue;
        fprintf(out,
                "%s\n  {\"line_from\": %" PRIu64 ", \"line_to\": %" PRIu64
                ", \"ip\": \"%s\", \"distributed_over_6_ips\": %s, \"failures\": %" PRIu64 "}",
                comma, burst->from, burst->to, truth->addresses[burst->address], burst->distributed ? "true" : "false",
                burst->failures);
        comma = ",";
    }
    fputs("]\n", out);
}

bool truth_print(const struct truth *truth, const char *path)
{
    FILE *out = fopen(path, "we");
    if (out == NULL)
        return false;
    fputs("{\n", out);
    print_counts(truth, out);
    print_needles(truth, out);
    print_errors(truth, out);
    print_failures(truth, out);
    print_bursts(truth, out);
    fputs("}\n", out);
    return fclose(out) == 0;
}
