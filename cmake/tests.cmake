# What CTest runs: unit (tests/unit/test_*.c), fuzz (saved corpora, replayed), golden (tests/golden/*/cmd), fault (what
# disturbs an ingest), schema (records in JSON against their description), house (the checks of the sources). Label slow: left out of
# the sanitizer builds by tests/run. COST is about the seconds a test takes, so that in a tree where none has run yet the long ones
# begin first, too.

set(environment TZ=UTC LC_ALL=C.UTF-8 ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
    TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan/suppressions)
set(vendor PkgConfig::YAJL PkgConfig::PCRE2 PkgConfig::YAML PkgConfig::SQLITE PkgConfig::DEFLATE PkgConfig::NETTLE
    PkgConfig::ZLIB)

# ---- The arrows hold when linking: each whole room links with nothing but the rooms below it --------------------------

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/arrows.c CONTENT "int main(void)\n{\n    return 0;\n}\n")
foreach(room IN LISTS rooms)
    add_executable(arrows_${room} ${CMAKE_BINARY_DIR}/arrows.c)
    target_link_libraries(arrows_${room} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${room}>)
endforeach()

# ---- ThreadSanitizer, librdkafka and C11's threads: see tests/tsan/threads.c -----------------------------------------

# The unit tests that start threads: in the others is nothing that it could find, so it is made for these alone. Builds without
# sanitizers see to it that none is forgotten (tests/tsan/one_thread.c).
set(threaded "^test_(backup|commit|find|hot|io|judge|output|page|pipeline|scan|kafka.*)$")
set(threads_only OFF)
if(WINNOW_SANITIZE MATCHES "thread")
    set(threads_only ON)
elseif(NOT WINNOW_SANITIZE)
    add_library(one_thread MODULE tests/tsan/one_thread.c)
    set_target_properties(one_thread PROPERTIES PREFIX "")
    target_link_libraries(one_thread PRIVATE ${CMAKE_DL_LIBS})
endif()
set(threads "")
if(WINNOW_KAFKA AND WINNOW_SANITIZE MATCHES "thread")
    set(threads ${CMAKE_SOURCE_DIR}/tests/tsan/threads.c)
    target_sources(winnow PRIVATE ${threads})
    set_target_properties(winnow PROPERTIES ENABLE_EXPORTS ON) # for a library that is loaded later
endif()

# ---- Unit ------------------------------------------------------------------------------------------------------------

file(GLOB sources CONFIGURE_DEPENDS tests/unit/test_*.c)
if(NOT WINNOW_KAFKA)
    list(FILTER sources EXCLUDE REGEX "/test_kafka[^/]*$")
endif()
foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    if(threads_only AND NOT name MATCHES "${threaded}")
        continue()
    endif()
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ingest query ${vendor} PkgConfig::CMOCKA)
    if(name MATCHES "^test_kafka")
        target_link_libraries(${name} PRIVATE PkgConfig::RDKAFKA) # its mock brokers
        target_sources(${name} PRIVATE ${threads})
    endif()
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 600 ENVIRONMENT "${environment}"
        ENVIRONMENT_MODIFICATION WINNOW_NOW=unset:)
    if(TARGET one_thread AND NOT name MATCHES "${threaded}")
        set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT LD_PRELOAD=$<TARGET_FILE:one_thread>)
    endif()
    # They wait more than they compute: a few at a time, beside others that compute.
    if(name MATCHES "^test_kafka_(output|source)")
        set_tests_properties(${name} PROPERTIES RESOURCE_LOCK kafka_${CMAKE_MATCH_1} COST 30)
    endif()
endforeach()
set_tests_properties(test_find test_judge PROPERTIES COST 20)
if(WINNOW_KAFKA)
    set_tests_properties(test_kafka_output_faults PROPERTIES COST 60)
endif()

# ---- Fuzz: with libFuzzer in the fuzz build, else each corpus is replayed --------------------------------------------

file(GLOB sources CONFIGURE_DEPENDS tests/fuzz/fuzz_*.c)
file(GLOB corpora CONFIGURE_DEPENDS tests/fuzz/corpus/*)
if(threads_only)
    set(sources "")
endif()
foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    string(REGEX REPLACE "^fuzz_" "" subject ${name})
    set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${subject})
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ingest query ${vendor})
    target_compile_options(${name} PRIVATE -Wno-missing-prototypes) # LLVMFuzzerTestOneInput is declared nowhere
    set(arguments ${corpus})
    if(WINNOW_FUZZ)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        set(arguments -runs=0 ${corpus})
    else()
        target_sources(${name} PRIVATE tests/fuzz/replay.c)
    endif()
    if(corpus IN_LIST corpora)
        add_test(NAME ${name} COMMAND ${name} ${arguments})
        set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300 ENVIRONMENT "${environment}")
    endif()
endforeach()

# ---- Without Kafka: winnow as -DWINNOW_KAFKA=OFF makes it, so that it can be made, and says what it is missing -----------

set(without_kafka winnow)
if(WINNOW_KAFKA AND NOT WINNOW_SANITIZE)
    set(without_kafka winnow_without_kafka)
    file(GLOB sources CONFIGURE_DEPENDS ingest/*.c)
    list(FILTER sources EXCLUDE REGEX ${kafka_files})
    add_executable(winnow_without_kafka main.c ${sources})
    target_link_libraries(winnow_without_kafka PRIVATE query ${vendor})
    # A file with two commands would be looked at twice by tests/tidy, which then finds what is not there.
    set_target_properties(winnow_without_kafka PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endif()

# ---- Golden ----------------------------------------------------------------------------------------------------------

add_executable(tell tests/golden/tell.c) # the cases find it beside the binary
target_link_libraries(tell PRIVATE store ${vendor})
file(GLOB cases CONFIGURE_DEPENDS tests/golden/*/cmd)
if(WINNOW_KAFKA AND WINNOW_SANITIZE)
    list(FILTER cases EXCLUDE REGEX "/without_kafka/cmd$")
endif()
foreach(case IN LISTS cases)
    cmake_path(GET case PARENT_PATH folder)
    cmake_path(GET folder FILENAME name)
    set(program winnow)
    if(name STREQUAL "without_kafka")
        set(program ${without_kafka})
    endif()
    add_test(NAME golden_${name}
        COMMAND ${CMAKE_SOURCE_DIR}/tests/golden/run --winnow $<TARGET_FILE:${program}> ${name})
    set_tests_properties(golden_${name} PROPERTIES LABELS golden TIMEOUT 240)
endforeach()

# ---- Accuracy: labelled lines to judge patterns by -------------------------------------------------------------------

if(NOT threads_only)
    add_executable(label tests/accuracy/label.c tests/accuracy/events.c bench/gen_random.c)
    target_include_directories(label PRIVATE ${CMAKE_SOURCE_DIR})
    add_test(NAME accuracy_label COMMAND ${CMAKE_SOURCE_DIR}/tests/accuracy/check $<TARGET_FILE:label>)
    set_tests_properties(accuracy_label PROPERTIES LABELS unit TIMEOUT 300)
    add_executable(accuracy tests/accuracy/accuracy.c tests/accuracy/events.c bench/gen_random.c)
    target_link_libraries(accuracy PRIVATE analyze ${vendor})
    file(GLOB statements CONFIGURE_DEPENDS tests/accuracy/*.events)
    add_test(NAME accuracy_patterns COMMAND accuracy -m 0.9 ${statements})
    set_tests_properties(accuracy_patterns PROPERTIES LABELS unit TIMEOUT 300)
endif()

# ---- Report: of days whose truth is known ------------------------------------------------------------------------------

if(NOT threads_only)
    add_executable(gen_days bench/gen_days.c bench/gen_days_truth.c bench/gen_random.c)
    target_include_directories(gen_days PRIVATE ${CMAKE_SOURCE_DIR})
    add_test(NAME report_days COMMAND ${CMAKE_SOURCE_DIR}/tests/report/days --winnow $<TARGET_FILE:winnow>
        --generator $<TARGET_FILE:gen_days>)
    set_tests_properties(report_days PROPERTIES LABELS report TIMEOUT 300)
endif()

# ---- Traces: complete, as another way of searching tells ----------------------------------------------------------------

add_test(NAME traces COMMAND ${CMAKE_SOURCE_DIR}/tests/traces/run --winnow $<TARGET_FILE:winnow>)
set_tests_properties(traces PROPERTIES LABELS traces TIMEOUT 300)

# ---- Schema: what is handed on is what its description says ------------------------------------------------------------

if(NOT threads_only)
    add_executable(schema_parts tests/schema/parts.c)
    target_link_libraries(schema_parts PRIVATE analyze ${vendor})
    add_test(NAME schema_records COMMAND ${CMAKE_SOURCE_DIR}/tests/schema/records --winnow $<TARGET_FILE:winnow>
        --parts $<TARGET_FILE:schema_parts>)
    set_tests_properties(schema_records PROPERTIES LABELS schema TIMEOUT 300)
endif()

# ---- Fault: in builds without sanitizers, which want to be preloaded first and have no time to lose --------------------

if(NOT WINNOW_SANITIZE)
    foreach(shim fault_calls full_disk kill_commit) # the script of the same name finds it beside the binary
        add_library(${shim} MODULE tests/fault/${shim}.c)
        set_target_properties(${shim} PROPERTIES PREFIX "")
        target_include_directories(${shim} PRIVATE ${CMAKE_SOURCE_DIR})
        target_link_libraries(${shim} PRIVATE ${CMAKE_DL_LIBS})
    endforeach()
    add_executable(hot_feed tests/fault/hot_feed.c)
    target_link_libraries(hot_feed PRIVATE ingest ${vendor})
    add_executable(counts tests/fault/counts.c)
    target_link_libraries(counts PRIVATE store ${vendor})
    foreach(fault follow full_disk journal kill kill_commit kill_hot kill_run run_cases sigint)
        add_test(NAME fault_${fault} COMMAND ${CMAKE_SOURCE_DIR}/tests/fault/${fault} --winnow $<TARGET_FILE:winnow>)
        set_tests_properties(fault_${fault} PROPERTIES LABELS fault TIMEOUT 1200)
    endforeach()
    # The live harness: fault_live drives whatever follows, fault_naive is what it must be able to find fault with.
    file(GLOB sources CONFIGURE_DEPENDS tests/fault/live*.c)
    add_executable(fault_live ${sources})
    target_link_libraries(fault_live PRIVATE PkgConfig::ZLIB)
    add_executable(fault_naive tests/fault/naive.c)
    target_include_directories(fault_live PRIVATE ${CMAKE_SOURCE_DIR})
    add_test(NAME fault_live COMMAND ${CMAKE_SOURCE_DIR}/tests/fault/live --winnow $<TARGET_FILE:winnow>)
    add_test(NAME fault_live_calls COMMAND ${CMAKE_SOURCE_DIR}/tests/fault/live --winnow $<TARGET_FILE:winnow> --calls)
    add_test(NAME fault_live_notices COMMAND ${CMAKE_SOURCE_DIR}/tests/fault/live_notices --winnow $<TARGET_FILE:winnow>)
    set_tests_properties(fault_live fault_live_calls fault_live_notices PROPERTIES LABELS fault TIMEOUT 600)
    if(WINNOW_KAFKA)
        add_executable(kafka_cluster tests/fault/kafka_cluster.c)
        target_link_libraries(kafka_cluster PRIVATE PkgConfig::RDKAFKA)
        add_test(NAME fault_kafka COMMAND ${CMAKE_SOURCE_DIR}/tests/fault/kafka --winnow $<TARGET_FILE:winnow>)
        set_tests_properties(fault_kafka PROPERTIES LABELS fault TIMEOUT 300)
    endif()
    # They choose their moments by the time an undisturbed ingest takes.
    set_tests_properties(fault_kill fault_sigint PROPERTIES RUN_SERIAL TRUE)
    set_tests_properties(fault_follow PROPERTIES RUN_SERIAL TRUE) # measures how long a line takes
    set_tests_properties(fault_live_notices fault_kill_hot fault_live PROPERTIES COST 30)
    set_tests_properties(fault_journal fault_full_disk fault_kill_commit fault_run_cases PROPERTIES COST 15)
endif()

# ---- Kafka: a real one, of Maven Central; 77 means that it cannot be had -------------------------------------------------

if(WINNOW_KAFKA AND NOT WINNOW_SANITIZE)
    file(GLOB sources CONFIGURE_DEPENDS tests/kafka/check*.c)
    add_executable(kafka_check ${sources})
    add_executable(kafka_topics tests/kafka/topics.c)
    foreach(program kafka_check kafka_topics)
        target_include_directories(${program} PRIVATE ${CMAKE_SOURCE_DIR})
        target_link_libraries(${program} PRIVATE PkgConfig::RDKAFKA PkgConfig::YAJL)
    endforeach()
    add_test(NAME kafka_real COMMAND ${CMAKE_SOURCE_DIR}/tests/kafka/run --quick --winnow $<TARGET_FILE:winnow>)
    set_tests_properties(kafka_real PROPERTIES LABELS kafka TIMEOUT 600 SKIP_RETURN_CODE 77 COST 150)
endif()

# ---- House: 77 means the tool is not there ---------------------------------------------------------------------------

add_test(NAME lint COMMAND ${CMAKE_SOURCE_DIR}/tests/lint)
add_test(NAME lint_selftest COMMAND ${CMAKE_SOURCE_DIR}/tests/lint --self-test)
add_test(NAME format COMMAND ${CMAKE_SOURCE_DIR}/tests/format)
add_test(NAME packaging COMMAND ${CMAKE_SOURCE_DIR}/tests/packaging ${CMAKE_BINARY_DIR} $<TARGET_FILE:winnow>)
add_test(NAME clickhouse COMMAND ${CMAKE_SOURCE_DIR}/tests/clickhouse/check --winnow $<TARGET_FILE:winnow>)
add_test(NAME tidy COMMAND nice -n 5 ${CMAKE_SOURCE_DIR}/tests/tidy --quick ${CMAKE_BINARY_DIR})
set_tests_properties(lint lint_selftest format packaging clickhouse PROPERTIES LABELS house SKIP_RETURN_CODE 77)
set_tests_properties(tidy PROPERTIES LABELS "house;slow" SKIP_RETURN_CODE 77 TIMEOUT 1500 COST 300)
