# SPDX-License-Identifier: Apache-2.0
#
# A header that a CMake script makes of files of the project, so that programs carry their content.

# rollcall_generated_header(target header ALONE name SCRIPT file FILES ... DEFINES ... COMMENT text)
# The target may include <header>. The script runs as `cmake -D... -DOUTPUT=<file> -P <script>` whenever
# one of FILES or the script is newer. ALONE is a target that makes the header and builds nothing else,
# for tools that only read the sources.
function(rollcall_generated_header target header)
    cmake_parse_arguments(ARG "" "ALONE;SCRIPT;COMMENT" "FILES;DEFINES" ${ARGN})
    set(output ${PROJECT_BINARY_DIR}/generated/${header})
    add_custom_command(OUTPUT ${output} VERBATIM DEPENDS ${ARG_FILES} ${ARG_SCRIPT}
        COMMAND ${CMAKE_COMMAND} ${ARG_DEFINES} -DOUTPUT=${output} -P ${ARG_SCRIPT}
        COMMENT "${ARG_COMMENT}")
    add_custom_target(${ARG_ALONE} DEPENDS ${output})
    target_sources(${target} PRIVATE ${output})
    target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()
