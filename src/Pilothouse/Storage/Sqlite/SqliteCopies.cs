using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Copies of a SQLite file, which are SQLite files themselves.</summary>
internal sealed class SqliteCopies(string source) : DatabaseCopies
{
    public override string Ending => OfFile;

    public override string Engine => "sqlite";

    public override string Version => SqliteConnection.Version;

    public override DatabaseFacts Copy(string target, IProgress<double>? progress, CancellationToken cancel) => SqliteSnapshot.Copy(source, target, progress, cancel);

    public override CheckedCopy Check(string copy, CancellationToken cancel)
    {
        // Copies of the previous Python server may be in WAL mode.
        DatabaseEngine.MakeOneFile(copy);
        if (DatabaseEngine.Integrity(copy, cancel) is var answer && answer != "ok")
        {
            throw new DamagedCopyException($"integrity_check says: {answer}");
        }

        new DatabaseFile(copy).Inspect();
        using var file = FileSession.Open(copy, OpenFor.Inspect);
        return new(DatabaseFacts.Read(file), null);
    }
}
