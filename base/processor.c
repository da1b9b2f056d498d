#include "base/processor.h"

#ifdef PROCESSOR_WIDE
bool processor_is_narrow;
#endif
