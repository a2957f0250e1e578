using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Pilothouse.Storage.Postgres;

/// <summary>Runs the programs that come with PostgreSQL: pg_dump, pg_restore and psql.</summary>
internal static class PostgresTools
{
    private const int LongestMessage = 500;

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its name; it is looked for in PATH.</param>
    /// <param name="address">
    /// The database, which the program finds in its environment with the password, so that other users cannot see it; null if it needs none.
    /// </param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancel">Ends the program.</param>
    /// <param name="input">Writes its standard input; null if it needs none. If this throws, the program is ended.</param>
    /// <param name="line">Receives each line of its standard output. If this throws, the program is ended, and the exception is thrown on.</param>
    /// <exception cref="DatabaseRefusedException">It is not installed, or it failed. The message has what it said.</exception>
    public static void Run(
        string program, PostgresAddress? address, IReadOnlyList<string> arguments, CancellationToken cancel, Action<TextWriter>? input = null, Action<string>? line = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        address?.AddTo(start.Environment);
        start.Environment["PGCLIENTENCODING"] = "UTF8";
        start.Environment["LC_MESSAGES"] = "C";
        using var process = Begin(start);
        using var ending = cancel.Register(process.Kill);
        var said = new StringBuilder();
        process.ErrorDataReceived += (_, error) => said.AppendLine(error.Data);
        process.BeginErrorReadLine();
        Exception? failure = null;
        Exception? ofReceiver = null;
        try
        {
            var writing = Task.Run(() => Write(process, input), CancellationToken.None);
            while (process.StandardOutput.ReadLine() is { } read)
            {
                try
                {
                    line?.Invoke(read);
                }
                catch (Exception error)
                {
                    ofReceiver = error;
                    throw;
                }
            }

            writing.GetAwaiter().GetResult();
        }
        catch (Exception error)
        {
            failure = error;
            process.Kill();
        }

        process.WaitForExit();
        cancel.ThrowIfCancellationRequested();
        if (failure is not null && (failure is not IOException || failure == ofReceiver))
        {
            // What broke off the receiver is not this program's failure: another program, to which its lines went, may have ended.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        if (process.ExitCode != 0 || failure is not null)
        {
            var reason = Short(said.ToString());
            throw new DatabaseRefusedException($"{program} failed: {(reason.Length > 0 ? reason : failure?.Message ?? "it said nothing")}");
        }
    }

    /// <summary>Throws if a program is older than the server: it could not read its tables.</summary>
    /// <exception cref="DatabaseRefusedException">It is, or it is not installed.</exception>
    public static void DemandVersion(string program, int serverMajor)
    {
        var words = "";
        Run(program, null, ["--version"], CancellationToken.None, line: text => words = text);
        var version = words.Split(' ').Select(static word => word.Split('.')[0]).FirstOrDefault(static word => int.TryParse(word, out _));
        if (version is null || int.Parse(version, System.Globalization.CultureInfo.InvariantCulture) < serverMajor)
        {
            throw new DatabaseRefusedException(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"{words} is older than the server of the database, which is PostgreSQL {serverMajor}. Install its client programs (Debian: apt-get install postgresql-client-{serverMajor}), and put them first in PATH."));
        }
    }

    private static Process Begin(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new DatabaseRefusedException($"{start.FileName} is not installed. Install PostgreSQL's client programs, of the server's version or newer (Debian: apt-get install postgresql-client).");
        }
    }

    private static void Write(Process process, Action<TextWriter>? input)
    {
        try
        {
            input?.Invoke(process.StandardInput);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program has ended before it had read everything. Its exit code and its message tell why.
        }
        catch
        {
            // It must not take half of the input for all of it.
            process.Kill();
            throw;
        }
    }

    private static string Short(string said)
    {
        var text = said.Trim().ReplaceLineEndings(" ");
        return text.Length <= LongestMessage ? text : text[..LongestMessage] + "...";
    }
}
