# SPDX-License-Identifier: Apache-2.0
#
# Makes a header of sim/scenarios/*.txt, so that the program has them wherever it is run. Included by
# the build for the function, run as a script (cmake -P) by the command that the function adds.

# rollcall_built_in_scenarios(target): the header is "sim/program/scenarios_built_in.h".
function(rollcall_built_in_scenarios target)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/scenarios/*.txt)
    # A list as one argument: its semicolons would end it.
    string(REPLACE ";" "|" joined "${files}")
    rollcall_generated_header(${target} sim/program/scenarios_built_in.h
        ALONE built_in_scenarios_header SCRIPT ${PROJECT_SOURCE_DIR}/cmake/BuiltInScenarios.cmake
        FILES ${files} DEFINES "-DFILES=${joined}" COMMENT "Putting the scenarios into a header")
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
    return()
endif()
set(entries "")
string(REPLACE "|" ";" FILES "${FILES}")
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
