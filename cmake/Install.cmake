# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` puts where, by component: programs, man, completions, service, examples, docs. Every
# component can be installed alone (`cmake --install build/release --component man`). Manual pages and completions
# are printed by the programs themselves when they are installed, so they have what these programs have.
include(GNUInstallDirs)

# Where shells look for completions, and the service manager for units: below the prefix, whatever the system's
# folder of libraries is called.
set(ROLLCALL_BASH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/bash-completion/completions CACHE STRING
    "Folder of completions for bash")
set(ROLLCALL_FISH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d CACHE STRING
    "Folder of completions for fish")
set(ROLLCALL_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
    "Folder of completions for zsh (Debian: share/zsh/vendor-completions)")
set(ROLLCALL_UNITS lib/systemd/system CACHE STRING "Folder of units of systemd")
set(ROLLCALL_SYSUSERS lib/sysusers.d CACHE STRING "Folder of users of systemd-sysusers")
set(ROLLCALL_HOST_PROGRAMS ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} CACHE PATH
    "Folder with rollcall and rollcall-sim of this version that run here, when cross-compiling")

set(examples ${CMAKE_INSTALL_DOCDIR}/examples)
set(made ${PROJECT_BINARY_DIR}/install)

# rollcall_made_at_install(component [NAME=VALUE ...]): runs the script with these variables.
function(rollcall_made_at_install component)
    set(code "")
    foreach(definition IN ITEMS PART=${component} FOLDER=${made}/${component} ${ARGN})
        string(REGEX REPLACE "^([A-Z]+)=" "\\1 [==[" definition "${definition}")
        string(APPEND code "set(${definition}]==])\n")
    endforeach()
    install(CODE "${code}include([==[${PROJECT_SOURCE_DIR}/cmake/MadeAtInstall.cmake]==])" COMPONENT ${component})
endfunction()

install(TARGETS rollcall rollcall-sim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)

rollcall_made_at_install(man PROGRAMS=${ROLLCALL_HOST_PROGRAMS} VERSION=${PROJECT_VERSION})
install(DIRECTORY ${made}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT man)

rollcall_made_at_install(completions PROGRAMS=${ROLLCALL_HOST_PROGRAMS})
install(FILES ${made}/completions/rollcall.bash DESTINATION ${ROLLCALL_BASH_COMPLETIONS} RENAME rollcall
        COMPONENT completions)
install(FILES ${made}/completions/rollcall.fish DESTINATION ${ROLLCALL_FISH_COMPLETIONS} COMPONENT completions)
install(FILES ${made}/completions/rollcall.zsh DESTINATION ${ROLLCALL_ZSH_COMPLETIONS} RENAME _rollcall
        COMPONENT completions)

rollcall_made_at_install(service BINDIR=${CMAKE_INSTALL_BINDIR}
                         UNIT=${PROJECT_SOURCE_DIR}/deploy/systemd/rollcall.service)
install(FILES ${made}/service/rollcall.service DESTINATION ${ROLLCALL_UNITS} COMPONENT service)
install(FILES deploy/systemd/rollcall.sysusers DESTINATION ${ROLLCALL_SYSUSERS} RENAME rollcall.conf
        COMPONENT service)

install(FILES deploy/systemd/agent.json DESTINATION ${examples} COMPONENT examples)
install(DIRECTORY deploy/grafana deploy/prometheus deploy/recipes DESTINATION ${examples} COMPONENT examples
        USE_SOURCE_PERMISSIONS)
install(DIRECTORY sim/scenarios DESTINATION ${examples} COMPONENT examples)

install(FILES README.md CHANGELOG.md SECURITY.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT docs)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT docs)
