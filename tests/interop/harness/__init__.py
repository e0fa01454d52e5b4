# SPDX-License-Identifier: Apache-2.0
"""Real agents on loopback: start them, watch them through their own RPC, and clear them away.

Knows processes, ports and the control protocol. Judges nothing: what must hold is said by the tests.
"""
