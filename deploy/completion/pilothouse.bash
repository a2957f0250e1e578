# Completion of pilothouse in bash. For /usr/share/bash-completion/completions/pilothouse, or `source` it.
# The program itself says what may follow: no list is kept here. PILOTHOUSE_PROGRAM names it where it is not what is typed.
_pilothouse() {
    local word=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} program=${PILOTHOUSE_PROGRAM:-/usr/lib/pilothouse/pilothouse} found
    [[ -x $program ]] || program=$1
    COMPREPLY=()
    while IFS= read -r found; do
        # Short options are for people who know them, and those with a slash are for Windows.
        [[ $found == [-/]? ]] && continue
        [[ $found == -* && $word != -* ]] && continue
        [[ $found == "$word"* ]] && COMPREPLY+=("$found")
    done < <("$program" "[suggest:${#line}]" "$line" 2>/dev/null)
}
complete -o default -F _pilothouse pilothouse
