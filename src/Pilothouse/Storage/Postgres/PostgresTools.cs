using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Pilothouse.Storage.Postgres;

/// <summary>Runs the programs that come with PostgreSQL: pg_dump and pg_restore.</summary>
internal static class PostgresTools
{
    private const int LongestMessage = 500;

    /// <summary>Runs a program on the database to its end.</summary>
    /// <param name="program">Its name; it is looked for in PATH.</param>
    /// <param name="address">The database. The program finds it, and the password, in its environment, which other users cannot see.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancel">Ends the program.</param>
    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="DatabaseRefusedException">It is not installed, or it failed. The message has what it said.</exception>
    public static string Run(string program, PostgresAddress address, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        address.AddTo(start.Environment);
        try
        {
            using var process = Process.Start(start)!;
            using var ending = cancel.Register(process.Kill);
            var said = new StringBuilder();
            process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            cancel.ThrowIfCancellationRequested();
            return process.ExitCode == 0 ? output : throw new DatabaseRefusedException($"{program} failed: {Short(said.ToString())}");
        }
        catch (Win32Exception)
        {
            throw new DatabaseRefusedException($"{program} is not installed. Install PostgreSQL's client programs, of the server's version or newer (Debian: apt-get install postgresql-client).");
        }
    }

    private static string Short(string said)
    {
        var text = said.Trim().ReplaceLineEndings(" ");
        return text.Length <= LongestMessage ? text : text[..LongestMessage] + "...";
    }
}
