namespace Pilothouse.Storage.Move;

/// <summary>What became of a table.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Moved">How many rows were moved, or would be.</param>
/// <param name="Checksum">The SHA-256 of the moved rows, which both sides have.</param>
/// <param name="SetAside">How many rows were set aside for each reason; of a row with several, the first.</param>
internal sealed record MovedTableReport(string Table, long Moved, string Checksum, IReadOnlyDictionary<string, long> SetAside);

/// <summary>The result of a move.</summary>
/// <param name="Tables">Each table.</param>
/// <param name="Notes">Sentences on what an owner should know besides.</param>
/// <param name="SetAsideFile">The file with the rows that were not moved; null if there are none, or for a dry run.</param>
internal sealed record MoveReport(IReadOnlyList<MovedTableReport> Tables, IReadOnlyList<string> Notes, string? SetAsideFile)
{
    public long Moved => Tables.Sum(static table => table.Moved);

    public long SetAside => Tables.Sum(static table => table.SetAside.Values.Sum());
}

/// <summary>Receives the progress of a move.</summary>
internal interface IMoveProgress
{
    /// <summary>A step begins, such as "Moving signals".</summary>
    void Begin(string step);

    /// <summary>The finished part of the step, 0 to 1.</summary>
    void Report(double part);
}
