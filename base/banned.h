/* Functions nobody in this house calls. Every source of ours is compiled with `-include base/banned.h`; nobody includes
 * it by hand. The headers that declare them come first, so that no later include of them meets a poisoned name.
 *
 *     strcpy strcat sprintf vsprintf gets   no bound             use struct buf, memcpy, snprintf
 *     strtok gmtime localtime asctime       hidden shared state  use str_cut, clock.h, the _r functions
 *     atoi atol atoll                       no errors            use str_to_i64
 *
 * assert is refused by tests/lint, because cmocka's header speaks of it. */
#ifndef WINNOW_BASE_BANNED_H
#define WINNOW_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy /* some C libraries define these as macros when they fortify */
#undef strcat
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf gets
#pragma GCC poison strtok gmtime localtime asctime
#pragma GCC poison atoi atol atoll

#endif
