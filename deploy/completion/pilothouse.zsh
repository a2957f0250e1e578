#compdef pilothouse
# Completion of pilothouse in zsh. For /usr/share/zsh/vendor-completions/_pilothouse.
# The program itself says what may follow: no list is kept here. PILOTHOUSE_PROGRAM names it where it is not what is typed.
_pilothouse() {
    local line="${LBUFFER}" program="${PILOTHOUSE_PROGRAM:-/usr/lib/pilothouse/pilothouse}"
    local -a found
    [[ -x $program ]] || program=$words[1]
    found=(${(f)"$($program "[suggest:${#line}]" "$line" 2>/dev/null)"})
    found=(${found:#[-\/]?})
    [[ $PREFIX == -* ]] || found=(${found:#-*})
    if (( ${#found} )); then compadd -a found; else _files; fi
}
_pilothouse "$@"
