# SPDX-License-Identifier: Apache-2.0
#
# A room is a folder with one purpose and a static library of the same name: every .cpp in it and in
# the rooms inside it is part of it, so no file can be forgotten. Rooms include each other as
# "room/file.h". The simulator's rooms are the folders in sim/, named with their path: sim/scenario is
# rollcall_sim_scenario.

# rollcall_folder(result room): where the room's files are.
function(rollcall_folder result room)
    if(room MATCHES "^sim/")
        set(${result} ${PROJECT_SOURCE_DIR}/${room} PARENT_SCOPE)
    else()
        set(${result} ${PROJECT_SOURCE_DIR}/src/${room} PARENT_SCOPE)
    endif()
endfunction()

# rollcall_target(result room): the library's name.
function(rollcall_target result room)
    string(REPLACE "/" "_" name ${room})
    set(${result} rollcall_${name} PARENT_SCOPE)
endfunction()

# Rooms whose code runs for every packet are optimised as far as the compiler can. What runs for an event of a
# simulated world (SOMETIMES), or for a command, a request or a report (SELDOM), is not worth the time that this
# takes: GCC 12 needs a fifth to a quarter less of it with -Og than with -O1.
set(ROLLCALL_SELDOM $<$<CONFIG:Release>:-Og>)
set(ROLLCALL_SOMETIMES $<$<CONFIG:Release>:-O1>)
rollcall_common_headers(seldom OPTIONS ${ROLLCALL_SELDOM} HEADERS <nlohmann/json.hpp>
                        LIBRARIES nlohmann_json::nlohmann_json)
rollcall_common_headers(often)

# rollcall_room(name [SELDOM | SOMETIMES] [ROOMS ...] [LIBRARIES ...])
function(rollcall_room name)
    cmake_parse_arguments(ARG "SELDOM;SOMETIMES" "" "ROOMS;LIBRARIES" ${ARGN})
    rollcall_folder(folder ${name})
    rollcall_target(target ${name})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    if(sources)
        add_library(${target} STATIC ${sources})
        set(scope PUBLIC)
        target_link_libraries(${target} PRIVATE rollcall_warnings)
        if(ARG_SELDOM OR ARG_SOMETIMES)
            target_compile_options(${target} PRIVATE
                                   $<IF:$<BOOL:${ARG_SELDOM}>,${ROLLCALL_SELDOM},${ROLLCALL_SOMETIMES}>)
            rollcall_use_common_headers(${target} seldom)
            rollcall_unit_size(${target} ${ROLLCALL_LARGE_UNIT})
        else()
            rollcall_use_common_headers(${target} often)
        endif()
    else()
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR}/src)
    if(name MATCHES "^sim/")
        target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR})
    endif()
    foreach(room IN LISTS ARG_ROOMS)
        rollcall_target(other ${room})
        target_link_libraries(${target} ${scope} ${other})
    endforeach()
    if(ARG_LIBRARIES)
        target_link_libraries(${target} ${scope} ${ARG_LIBRARIES})
    endif()
endfunction()

# rollcall_program(name ROOM folder [ROOMS ...] [LIBRARIES ...]): the room as a library that tests
# can link, and a program from its main.cpp.
function(rollcall_program name)
    cmake_parse_arguments(ARG "" "ROOM" "ROOMS;LIBRARIES" ${ARGN})
    rollcall_room(${ARG_ROOM} SELDOM ROOMS ${ARG_ROOMS} LIBRARIES ${ARG_LIBRARIES})
    rollcall_folder(folder ${ARG_ROOM})
    rollcall_target(room ${ARG_ROOM})
    rollcall_unit_size(${room} ${ROLLCALL_LAST_UNIT})
    rollcall_largest_unit_first(${room})
    if(EXISTS ${folder}/main.cpp)
        add_executable(${name} ${folder}/main.cpp)
        target_link_libraries(${name} PRIVATE ${room} rollcall_warnings)
    endif()
endfunction()
