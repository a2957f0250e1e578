using System.CommandLine;
using Pilothouse.Cli;
using Pilothouse.Replay;
using Pilothouse.Storage;

StandardFiles.Open();
NativeMemoryPool.StaySmall();
var root = new RootCommand("Pilothouse: the backend for AI crypto trading bots.")
{
    ServeCommand.Create(),
    MigrateCommand.Create(),
    CleanupCommand.Create(),
    VacuumCommand.Create(),
    MoveCommand.Create(),
    ImportCommand.Create(),
    KeyCommand.Create(),
    WebhookCommand.Create(),
    AuditCommand.Create(),
    BackupCommand.Create(),
    AlertCommand.Create(),
    StatusCommand.Create(),
    CheckCommand.Create(),
    ReplayCommand.Create(),
    McpCommand.Create(),
};
return await Shell.RunAsync(root, args);
