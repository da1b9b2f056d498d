/* The zone names that stand behind time stamps: "UTC", "CEST", "PDT". For clock_parse.c; any thread. */
#ifndef WINNOW_BASE_CLOCK_ZONE_H
#define WINNOW_BASE_CLOCK_ZONE_H

#include <stddef.h>

#include "base/clock.h"
#include "base/str.h"

/* The length of the name at the front of text, or 0, and the offset it means at that reading of the clock, in seconds
 * east of UTC. A name is upper case and ends with the text or before a byte that cannot belong to a longer word. One
 * that means different offsets to different people ("CST") counts only if the process's zone goes by it then. */
size_t clock_zone_name(struct str text, const struct clock_civil *civil, int *ret_offset_seconds);

/* True when the process's zone goes by this name at that moment (seconds); then its offset. In clock.c. */
bool clock_offset_named(int64_t utc, const char *name, int *ret_seconds);

#endif
