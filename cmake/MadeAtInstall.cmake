# SPDX-License-Identifier: Apache-2.0
#
# Makes the files of one component (PART) in FOLDER, when it is installed: cmake/Install.cmake.

# print(file arguments...): what the program prints is the file; a failure ends the installation.
function(print file)
    get_filename_component(folder ${file} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    execute_process(COMMAND ${ARGN} OUTPUT_FILE ${file} RESULT_VARIABLE result ERROR_VARIABLE trouble)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGN}: ${result} ${trouble}(programs that run here are needed; "
                            "when cross-compiling, in ROLLCALL_HOST_PROGRAMS)")
    endif()
endfunction()

# The simulator has no table of its commands: its page is the help that it prints.
function(make_simulator_page file)
    print(${FOLDER}/help ${PROGRAMS}/rollcall-sim --help)
    # As one text: a semicolon would make a list of it.
    file(READ ${FOLDER}/help help)
    file(REMOVE ${FOLDER}/help)
    foreach(pair IN ITEMS "\\|\\e" "-|\\-" "'|\\(aq" "`|\\(ga" "^|\\(ha" "~|\\(ti")
        string(FIND "${pair}" "|" at)
        string(SUBSTRING "${pair}" 0 ${at} from)
        math(EXPR at "${at} + 1")
        string(SUBSTRING "${pair}" ${at} -1 to)
        string(REPLACE "${from}" "${to}" help "${help}")
    endforeach()
    string(REGEX REPLACE "(^|\n)\\." "\\1\\\\&." help "${help}")
    file(WRITE ${file} ".\\\" Made of 'rollcall-sim --help'.
.TH ROLLCALL\\-SIM 1 \"\" \"rollcall ${VERSION}\" \"rollcall\"
.SH \"NAME\"
rollcall\\-sim \\- simulates clusters with the protocol code of the agent
.SH \"SYNOPSIS\"
\\fBrollcall\\-sim\\fR \\fICOMMAND\\fR [flags]
.SH \"DESCRIPTION\"
.nf
${help}
.fi
.SH \"SEE ALSO\"
\\fBrollcall\\fR(1)
")
endfunction()

file(REMOVE_RECURSE ${FOLDER})
if(PART STREQUAL "man")
    execute_process(COMMAND ${PROGRAMS}/rollcall man --list OUTPUT_VARIABLE pages RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${PROGRAMS}/rollcall man --list: ${result} (programs that run here are needed; "
                            "when cross-compiling, in ROLLCALL_HOST_PROGRAMS)")
    endif()
    string(REGEX MATCHALL "[^\n]+" pages "${pages}")
    foreach(page IN LISTS pages)
        string(REGEX MATCH "[0-9]$" section ${page})
        print(${FOLDER}/man${section}/${page} ${PROGRAMS}/rollcall man ${page})
    endforeach()
    make_simulator_page(${FOLDER}/man1/rollcall-sim.1)
elseif(PART STREQUAL "completions")
    foreach(shell IN ITEMS bash fish zsh)
        print(${FOLDER}/rollcall.${shell} ${PROGRAMS}/rollcall completion ${shell})
    endforeach()
elseif(PART STREQUAL "service")
    # The prefix may be another than that of the configuration: cmake --install --prefix.
    get_filename_component(bin "${BINDIR}" ABSOLUTE BASE_DIR "${CMAKE_INSTALL_PREFIX}")
    file(READ ${UNIT} unit)
    string(REPLACE "ExecStart=/usr/bin/rollcall " "ExecStart=${bin}/rollcall " unit "${unit}")
    file(WRITE ${FOLDER}/rollcall.service "${unit}")
endif()
