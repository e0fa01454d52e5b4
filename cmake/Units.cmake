# SPDX-License-Identifier: Apache-2.0
#
# How many files are compiled as one unit. With CMAKE_UNITY_BUILD_BATCH_SIZE 0 each room is one unit: the
# preset tidy-quick builds so, and finds names of two files of a room that only do not clash because the
# files are in different units.

# Where the speed of the program does not matter: fewer units make the same templates less often.
set(ROLLCALL_LARGE_UNIT 60)
# What is compiled last: small enough that all cores have work until the end.
set(ROLLCALL_LAST_UNIT 12)

# rollcall_unit_size(target files)
function(rollcall_unit_size target files)
    if(CMAKE_UNITY_BUILD_BATCH_SIZE)
        set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE ${files})
    endif()
endfunction()

# rollcall_largest_unit_first(target): the build takes the units of a room from the last to the first. The
# commands come first in the alphabet and are the most work: as the last of all units they would leave the other
# cores idle.
function(rollcall_largest_unit_first target)
    get_target_property(sources ${target} SOURCES)
    list(REVERSE sources)
    set_target_properties(${target} PROPERTIES SOURCES "${sources}")
endfunction()
