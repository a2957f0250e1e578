using System.Text;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The watch over the files of an open SQLite database.</summary>
internal sealed class SqliteFileUpkeep(SqliteDatabase database) : FileUpkeep
{
    public override FilesFound LookAtFiles() => database.Files.Look();

    public override Task<bool> TryOpenAnewAsync(CancellationToken cancel) => database.TryOpenAnewAsync(cancel);

    public override DatabaseFacts CopyLost(string target, IProgress<double>? progress, CancellationToken cancel) => database.Files.CopyTo(target, progress, cancel);

    public override void MarkLost(string sentence) => DurableFile.Write(DatabaseFile.LostMarker(database.Path), Encoding.UTF8.GetBytes(sentence + "\n"));
}
