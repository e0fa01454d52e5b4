# SPDX-License-Identifier: Apache-2.0
#
# Makes a header of sim/scenarios/*.txt, so that the program has them wherever it is run. Included by
# the build for the function, run as a script (cmake -P) by the command that the function adds.

# rollcall_built_in_scenarios(target): the header is "sim/program/scenarios_built_in.h".
function(rollcall_built_in_scenarios target)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/scenarios/*.txt)
    set(script ${PROJECT_SOURCE_DIR}/cmake/BuiltInScenarios.cmake)
    set(header ${PROJECT_BINARY_DIR}/generated/sim/program/scenarios_built_in.h)
    add_custom_command(OUTPUT ${header} VERBATIM DEPENDS ${files} ${script}
        COMMAND ${CMAKE_COMMAND} "-DFILES=${files}" -DOUTPUT=${header} -P ${script}
        COMMENT "Putting the scenarios into a header")
    # To be had alone, for tools that read the sources and build nothing.
    add_custom_target(built_in_scenarios_header DEPENDS ${header})
    target_sources(${target} PRIVATE ${header})
    target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
    return()
endif()
set(entries "")
list(SORT FILES)
foreach(file IN LISTS FILES)
    file(READ ${file} text)
    get_filename_component(name ${file} NAME_WE)
    string(APPEND entries "    {\"${name}\", R\"scenario(${text})scenario\"},\n")
endforeach()
list(LENGTH FILES count)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [=[
// SPDX-License-Identifier: Apache-2.0
//
// Made by cmake/BuiltInScenarios.cmake of sim/scenarios/*.txt.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace rollcall::sim {

inline constexpr std::array<std::pair<std::string_view, std::string_view>, @count@> kBuiltInScenarios{{
@entries@}};

}  // namespace rollcall::sim
]=])
