using System.CommandLine;
using System.Globalization;
using Pilothouse.Audit;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse audit</c>: checks the audit log, or exports it. It only reads the database, whether a server runs or not, because
/// evidence must not be changed by reading it.
/// </summary>
internal static class AuditCommand
{
    private static readonly Sql Rows = new($"SELECT {AuditRow.Columns.Selection} FROM audit_log ORDER BY chain, number");

    public static Command Create() => new("audit", "The log of who did what to money, rights and state.") { Verify(), Export() };

    private static Command Verify()
    {
        var command = new Command("verify", "Check that no row was changed, removed, moved or cut off. 0: all is well; 1: something is wrong, and named.");
        command.SetAction(static (_, _) => WithLogAsync(static async (settings, session) =>
        {
            var witnesses = WitnessFiles.Read(settings.LogDir);
            AuditKey[] keys = [new(settings.JwtSecret), .. settings.PreviousJwtSecrets.Select(static secret => new AuditKey(secret))];
            var findings = await new AuditCheck(keys).RunAsync(session, witnesses);
            foreach (var problem in findings.Problems)
            {
                Shell.Print(problem);
            }

            if (findings.Problems.Count == 0)
            {
                Shell.Say(string.Create(CultureInfo.InvariantCulture, $"The audit log is whole: {findings.Rows} rows were checked, and {witnesses.Count} ends that the server's log tells of."));
                return Shell.Good;
            }

            Shell.Say(string.Create(CultureInfo.InvariantCulture, $"The audit log is NOT whole: {findings.Problems.Count} problems in {findings.Rows} rows. Keep this file and the logs as they are, and compare with a backup."));
            return Shell.Failed;
        }));
        return command;
    }

    private static Command Export()
    {
        var command = new Command("export", "Write every row to standard output, one JSON object a line, oldest first.");
        command.SetAction(static (_, _) => WithLogAsync(static async (_, session) =>
        {
            await session.Prepare(Rows).EachAsync(static row => Shell.Print(JsonText.Of(AuditRow.Columns.Read(row), AuditRowJson.Default.AuditRow)));
            return Shell.Good;
        }));
        return command;
    }

    /// <summary>Runs a command's work on one snapshot of the database.</summary>
    private static Task<int> WithLogAsync(Func<Settings, Session, ValueTask<int>> work) => Shell.WithSettingsAsync(async settings =>
    {
        if (!Shell.HasDatabase(settings))
        {
            return Shell.Failed;
        }

        if (!Shell.HasSecret(settings))
        {
            return Shell.Failed;
        }

        if (!DatabaseEngine.HasTable(settings, "audit_log"))
        {
            Shell.Say($"{DatabaseEngine.PlaceOf(settings)} has no audit log: no server of this version has opened it yet.");
            return Shell.Failed;
        }

        return await DatabaseEngine.LookAsync(settings, session => work(settings, session));
    });
}
