# Completion of pilothouse in fish. For /usr/share/fish/vendor_completions.d/pilothouse.fish.
# The program itself says what may follow: no list is kept here. PILOTHOUSE_PROGRAM names it where it is not what is typed.
function __pilothouse_suggestions
    set -l program /usr/lib/pilothouse/pilothouse
    set -q PILOTHOUSE_PROGRAM; and set program $PILOTHOUSE_PROGRAM
    test -x $program; or set program pilothouse
    set -l line (commandline -cp)
    $program "[suggest:"(string length -- $line)"]" $line 2>/dev/null | string match -rv '^[-/].$'
end
complete -c pilothouse -a '(__pilothouse_suggestions)'
