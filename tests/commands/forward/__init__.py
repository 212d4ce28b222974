"""`--to`: what is sent to other tools while a run goes on."""
