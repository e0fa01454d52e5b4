// SPDX-License-Identifier: Apache-2.0
//
// The causes that `rollcall doctor` can name: one table for the agent, which finds most of them,
// the command, which finds the first ones itself, and docs/operations/doctor.md, which a test
// compares. Exit codes are for scripts and never change their meaning. The command exits with the
// lowest code of all problems: the first that is worth removing.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace rollcall::agent::rpc {

struct DoctorCause {
    std::string_view name;
    int exit_code = 0;
    std::string_view remedy;
};

// By exit code. 2 to 9 are free: shells and programs use them for their own errors.
inline constexpr std::array kDoctorCauses{
    // Found by the command.
    DoctorCause{"agent-not-running", 10,
                "start it ('rollcall agent'), or name its address with --rpc-addr"},
    DoctorCause{"control-port-unreachable", 11,
                "check --rpc-addr, and that no firewall drops connections to it"},
    DoctorCause{"wrong-token", 12, "give the agent's own token with --rpc-auth"},
    DoctorCause{"no-doctor", 13,
                "the agent is a Serf agent or an older rollcall: upgrade it to examine it"},
    DoctorCause{"unknown-peer", 14,
                "give the name of a member ('rollcall members'), or its HOST:PORT"},
    // The link to the peer.
    DoctorCause{"peer-down", 20, "start the agent there, or correct the port"},
    DoctorCause{"peer-stalled", 21,
                "its process does not run: stopped (SIGSTOP, a debugger), or starved of CPU"},
    DoctorCause{"peer-unreachable", 22,
                "check that the host is up, its address, the routes, and the firewalls on the way"},
    DoctorCause{"udp-to-peer-blocked", 23,
                "allow UDP from this host to the peer's port: firewall rules here (output) and "
                "there (input), security groups"},
    DoctorCause{"udp-from-peer-blocked", 24,
                "allow UDP from the peer to this agent's port: firewall rules here (input) and "
                "there (output), security groups"},
    DoctorCause{"udp-blocked", 25,
                "allow UDP in both directions; the rules for TCP do not cover it"},
    DoctorCause{"tcp-to-peer-blocked", 26,
                "allow TCP from this host to the peer's port; joins and push/pull need it"},
    DoctorCause{"tcp-from-peer-blocked", 27,
                "allow TCP from the peer to this agent's port; joins and push/pull need it"},
    DoctorCause{"other-node", 28,
                "another agent answers at that address: correct the address, or force-leave the "
                "old name"},
    // Who may talk to whom.
    DoctorCause{"wrong-key", 30,
                "compare 'key_fingerprint' of 'rollcall info' on both sides; install the "
                "cluster's key with 'rollcall keys', or in --encrypt"},
    DoctorCause{"encryption-differs", 31,
                "one side encrypts and the other does not: give both the same --encrypt or "
                "--keyring-file"},
    DoctorCause{"wrong-label", 32, "give both sides the same --label"},
    DoctorCause{"versions", 33,
                "run versions that fit together: 'rollcall members --detailed' shows them"},
    DoctorCause{"not-a-member-program", 34,
                "the answers are not memberlist's: another program listens at that address"},
    // This agent towards all others.
    DoctorCause{"advertised-unreachable", 40,
                "set --advertise to an address of this host that the others reach"},
    DoctorCause{"sends-failing", 41, "check interfaces, routes and firewall rules of this host"},
    DoctorCause{"name-conflict", 42, "give every agent its own --node"},
    DoctorCause{"seeds-unreachable", 43,
                "check the addresses of --join and --retry-join; 'rollcall doctor HOST:PORT' "
                "examines one"},
    // This process and its host.
    DoctorCause{"few-descriptors", 50,
                "raise the limit of open files (ulimit -n, LimitNOFILE=) to 4096"},
    DoctorCause{"small-socket-buffer", 51, "raise net.core.rmem_max to 2097152"},
    DoctorCause{"paused", 52,
                "find what stops the process: suspend, live migration, SIGSTOP, swap, a CPU limit"},
    DoctorCause{"clock-jump", 53, "let a time service slew the clock instead of stepping it"},
    DoctorCause{"starved-loop", 54,
                "give the process more CPU: a limit or a busy host delays its answers"},
    DoctorCause{
        "queues-full", 55,
        "less is gossiped than is queued: send fewer events and queries, or gossip more often "
        "(--gossip-interval)"},
    DoctorCause{"certificate-expired", 56,
                "issue a new certificate ('rollcall tls issue') and send the agent SIGHUP"},
    // This agent compared with others.
    DoctorCause{"timings-differ", 60, "give all members the same --profile and timings"},
    DoctorCause{"keys-differ", 61, "finish the rotation of keys: 'rollcall keys list --table'"},
    DoctorCause{
        "timings-tentative", 62,
        "keep them with 'rollcall tune --confirm', undo them with 'rollcall tune --revert', "
        "or wait until each member undoes them"},
};

// Null: a cause of a newer agent.
[[nodiscard]] constexpr const DoctorCause* doctor_cause(std::string_view name) {
    const auto found = std::ranges::find(kDoctorCauses, name, &DoctorCause::name);
    return found == kDoctorCauses.end() ? nullptr : &*found;
}

}  // namespace rollcall::agent::rpc
