using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Move;

/// <summary>
/// The rows that were not moved: one JSON object a line with the table, the key, the reasons, and every value as it is stored. The file is
/// made with the first row, is readable by its owner only, and gets its name when all rows of the move are where they belong.
/// </summary>
/// <param name="folder">The folder of the file.</param>
/// <param name="clock">The clock that names it.</param>
/// <param name="isWritten">False to write no file, for a dry run.</param>
internal sealed class SetAsideFile(string folder, TimeProvider clock, bool isWritten) : IDisposable
{
    private const string Unfinished = ".unfinished";
    private const string Beginning = "move_set_aside_";

    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> line = new(1024);
    private FileStream? stream;
    private string? path;

    /// <summary>The path of the finished file; null if no row was set aside, or none is written.</summary>
    public string? Path { get; private set; }

    /// <summary>Removes what a killed move has left in the folder.</summary>
    public void RemoveLeftovers()
    {
        foreach (var left in Directory.EnumerateFiles(folder, $"{Beginning}*{Unfinished}"))
        {
            File.Delete(left);
        }
    }

    /// <summary>Adds a row.</summary>
    /// <param name="source">The database that it is in.</param>
    /// <param name="batch">The batch that it is in.</param>
    /// <param name="row">Its index in the batch.</param>
    /// <param name="reasons">Why it is not moved.</param>
    public void Add(MoveSource source, RowBatch batch, int row, IReadOnlyList<string> reasons)
    {
        if (!isWritten)
        {
            return;
        }

        line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(line, Form))
        {
            json.WriteStartObject();
            json.WriteString("table", batch.Table.Name);
            json.WriteString("id", batch.KeyOf(row));
            json.WriteString("reason", string.Join("; ", reasons));
            json.WritePropertyName("values");
            source.WriteValues(json, batch, row);
            json.WriteEndObject();
        }

        stream ??= Create();
        stream.Write(line.WrittenSpan);
        stream.Write("\n"u8);
    }

    /// <summary>Flushes the file to the disk and gives it its name.</summary>
    public void Finish()
    {
        if (stream is null || path is null)
        {
            return;
        }

        stream.Flush(flushToDisk: true);
        stream.Dispose();
        stream = null;
        File.Move(path + Unfinished, path, overwrite: false);
        DurableFile.FlushFolder(folder);
        Path = path;
    }

    /// <summary>Removes the file, because the move failed.</summary>
    public void Remove()
    {
        stream?.Dispose();
        stream = null;
        if (path is not null)
        {
            File.Delete(path + Unfinished);
            File.Delete(path);
            Path = null;
        }
    }

    public void Dispose() => stream?.Dispose();

    private FileStream Create()
    {
        var stamp = clock.GetLocalNow().ToString("yyyyMMdd_HHmmss", CultureInfo.InvariantCulture);
        for (var more = 1; ; more++)
        {
            var number = more == 1 ? "" : "_" + more.ToString(CultureInfo.InvariantCulture);
            path = System.IO.Path.Combine(folder, $"{Beginning}{stamp}{number}.jsonl");
            if (!File.Exists(path))
            {
                DurableFile.Create(path + Unfinished);
                return PlainFile.Write(path + Unfinished);
            }
        }
    }
}
