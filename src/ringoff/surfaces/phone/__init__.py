"""The hotline: one menu that knows no telephone, and two front ends that do, SIP and TwiML."""
