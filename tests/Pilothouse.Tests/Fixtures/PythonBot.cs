using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Pilothouse.Tests.Fixtures;

/// <summary>A Python bot (tests/tools/seed-bot.py) that writes to the database file while a server runs.</summary>
internal sealed class PythonBot : IDisposable
{
    private readonly Process process;
    private readonly string journal;
    private readonly string name;
    private readonly Task<string> errors;

    private PythonBot(Process process, string name, string journal)
    {
        this.process = process;
        this.name = name;
        this.journal = journal;
        errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>How many rows it has committed itself or the server has acknowledged.</summary>
    public int Rows => File.Exists(journal) ? File.ReadLines(journal).Count() : 0;

    /// <param name="folder">The folder of its journal.</param>
    /// <param name="database">The database file that it writes to.</param>
    /// <param name="name">The bot name in its rows.</param>
    /// <param name="server">The address and the API key of a server whose answers it also compares with the file.</param>
    public static PythonBot Start(TemporaryFolder folder, string database, string name, (string Url, string Key)? server)
    {
        var journal = folder.File(name + ".jsonl");
        string[] door = server is { } given ? [given.Url, given.Key] : [];
        return new(Tool.Start("python3", [Repository.PathOf("tests", "tools", "seed-bot.py"), database, name, journal, .. door]), name, journal);
    }

    /// <summary>Fails unless the bot goes on writing: none of its writes was refused, and none of its reads was out of date.</summary>
    public async Task DemandGoesOnAsync(string after)
    {
        var before = Rows;
        for (var watch = Stopwatch.StartNew(); Rows <= before; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            if (process.HasExited)
            {
                Assert.Fail($"After {after} the bot {name} ended: {await errors}");
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"After {after} the bot {name} writes no more.");
        }
    }

    /// <summary>Lets the bot finish its current work and stops it.</summary>
    /// <returns>An SQL expression for each row that it committed or had acknowledged. It is 1 if the row is stored as it was
    /// written.</returns>
    public async Task<List<string>> StopAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"The bot {name}: {await errors}");
        return [.. File.ReadLines(journal).Select(static line => JsonNode.Parse(line)!).Select(static row =>
            $"EXISTS (SELECT 1 FROM {row["table"]} WHERE id = {row["id"]} AND ({string.Join(',', row["columns"]!.AsArray())}) = ({string.Join(',', row["values"]!.AsArray().Select(Quote))}))")];
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static string Quote(JsonNode? value) => value!.GetValueKind() == System.Text.Json.JsonValueKind.String ? $"'{value}'" : value.ToJsonString();
}
