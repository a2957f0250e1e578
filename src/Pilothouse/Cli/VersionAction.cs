using System.CommandLine;
using System.CommandLine.Invocation;
using Pilothouse.Configuration;

namespace Pilothouse.Cli;

/// <summary>Prints the version, and of which commit and date the program is, as a bug report needs it.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        Shell.Print($"pilothouse {ThisVersion.Text} ({(ThisVersion.Commit is { } commit ? $"commit {commit}{(ThisVersion.Date is { } date ? $" of {date}" : "")}" : "not built from a commit")})");
        return Shell.Good;
    }
}
