# SPDX-License-Identifier: Apache-2.0
#
# Makes a header of a page's parts: a frame (page.html) with {{style}} and {{script}}, style sheets and
# scripts, with the fingerprints by which the page allows its own style and script and no others. The
# parts that pages share are in web/. Included by the build for the function, run as a script (cmake -P)
# by the command that the function adds.

# rollcall_web_page(target header NAMESPACE name ALONE name FOLDER folder SHARED ... SCRIPTS ... [WHOLE])
# SHARED are scripts of web/, SCRIPTS those of the folder, both without ".js" and in the order in which
# they need each other. The style is web/base.css and the folder's style.css. With WHOLE the header has
# kPage, the complete page, and kPagePolicy, its Content-Security-Policy; else kPageFrame, kPageStyle and
# kPageScript for a program that fills the frame, and the fingerprints.
function(rollcall_web_page target header)
    cmake_parse_arguments(ARG "WHOLE" "NAMESPACE;ALONE;FOLDER" "SHARED;SCRIPTS" ${ARGN})
    set(web ${PROJECT_SOURCE_DIR}/web)
    set(folder ${PROJECT_SOURCE_DIR}/${ARG_FOLDER})
    list(TRANSFORM ARG_SHARED PREPEND ${web}/)
    list(TRANSFORM ARG_SCRIPTS PREPEND ${folder}/)
    set(scripts ${ARG_SHARED} ${ARG_SCRIPTS})
    list(TRANSFORM scripts APPEND .js)
    set(styles ${web}/base.css ${folder}/style.css)
    string(REPLACE ";" "|" joined_scripts "${scripts}")
    string(REPLACE ";" "|" joined_styles "${styles}")
    rollcall_generated_header(${target} ${header}
        ALONE ${ARG_ALONE} SCRIPT ${PROJECT_SOURCE_DIR}/cmake/WebPage.cmake
        FILES ${folder}/page.html ${styles} ${scripts}
        DEFINES -DFRAME=${folder}/page.html "-DSTYLES=${joined_styles}" "-DSCRIPTS=${joined_scripts}"
                -DWHOLE=${ARG_WHOLE} -DNAMESPACE=${ARG_NAMESPACE} -DFOLDER=${ARG_FOLDER}
        COMMENT "Putting ${ARG_FOLDER} into a header")
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
    return()
endif()

string(REPLACE "|" ";" SCRIPTS "${SCRIPTS}")
string(REPLACE "|" ";" STYLES "${STYLES}")

# The files as one list of C++ characters. Read as bytes: a text in a CMake variable would lose semicolons
# and brackets in lists.
function(as_characters result)
    set(all "")
    foreach(file IN LISTS ARGN)
        file(READ ${file} hex HEX)
        string(APPEND all ${hex})
    endforeach()
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," all "${all}")
    set(${result} "${all}" PARENT_SCOPE)
endfunction()

# A text of ASCII as such a list.
function(text_as_characters result text)
    file(WRITE ${OUTPUT}.text "${text}")
    as_characters(all ${OUTPUT}.text)
    file(REMOVE ${OUTPUT}.text)
    set(${result} "${all}" PARENT_SCOPE)
endfunction()

# SHA-256 of the files together, in base64, as a Content-Security-Policy has it: 64 hexadecimal digits,
# three of which are two digits of base64.
function(fingerprint result)
    execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${ARGN} OUTPUT_FILE ${OUTPUT}.joined
                    COMMAND_ERROR_IS_FATAL ANY)
    file(SHA256 ${OUTPUT}.joined hex)
    file(REMOVE ${OUTPUT}.joined)
    set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
    set(text "")
    foreach(at RANGE 0 63 3)
        string(SUBSTRING "${hex}00" ${at} 3 three)
        math(EXPR high "0x${three} >> 6")
        math(EXPR low "0x${three} & 63")
        foreach(digit IN ITEMS ${high} ${low})
            string(SUBSTRING ${alphabet} ${digit} 1 letter)
            string(APPEND text ${letter})
        endforeach()
    endforeach()
    string(SUBSTRING ${text} 0 43 text)  # the last four bits make one digit
    set(${result} "${text}=" PARENT_SCOPE)
endfunction()

function(add_characters name characters)
    string(REGEX MATCHALL "," commas "${characters}")
    list(LENGTH commas size)
    set(body "${body}inline constexpr char ${name}[${size}]{${characters}};\n" PARENT_SCOPE)
endfunction()
function(add_text name text)
    set(body "${body}inline constexpr std::string_view ${name}{\"${text}\"};\n" PARENT_SCOPE)
endfunction()

set(body "")
as_characters(frame ${FRAME})
as_characters(style ${STYLES})
as_characters(script ${SCRIPTS})
fingerprint(style_sha256 ${STYLES})
fingerprint(script_sha256 ${SCRIPTS})
if(WHOLE)
    foreach(part IN ITEMS style script)
        text_as_characters(mark "{{${part}}}")
        string(REPLACE "${mark}" "${${part}}" frame "${frame}")
    endforeach()
    add_characters(kPage "${frame}")
    string(CONCAT policy "default-src 'none'; style-src 'sha256-${style_sha256}'; "
        "script-src 'sha256-${script_sha256}'; connect-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'")
    add_text(kPagePolicy "${policy}")
else()
    add_characters(kPageFrame "${frame}")
    add_characters(kPageStyle "${style}")
    add_characters(kPageScript "${script}")
    add_text(kPageStyleSha256 ${style_sha256})
    add_text(kPageScriptSha256 ${script_sha256})
endif()
file(WRITE ${OUTPUT} "// SPDX-License-Identifier: Apache-2.0
//
// Made by cmake/WebPage.cmake of web/ and ${FOLDER}. Fingerprints are SHA-256 in base64.
#pragma once

#include <string_view>

namespace ${NAMESPACE} {

${body}
}  // namespace ${NAMESPACE}
")
