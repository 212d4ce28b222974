"""`--to`: what is known of a run, for other tools, while it goes on.

`Forwarder` is what a command holds: it starts a process of its own (`process`) that follows the run's
directory as `attach` does. There a `FollowedRun` gives values and findings, each `Outlet` keeps what is still
to be sent in a `Backlog` of bounded size, and hands it to a channel: `channels` has one file for each tool.
Training knows nothing of all that, so nothing of it can be waited for.
"""
