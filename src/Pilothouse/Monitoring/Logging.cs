using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Storage.Files;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Pilothouse.Monitoring;

/// <summary>
/// Sets up the log: one file for all lines and one for warnings and errors, each rolled daily and at 100 MB, of which 31 are kept. The
/// newest files can always be found as mcp_server.log and mcp_server_error.log.
/// </summary>
internal static class Logging
{
    private const long LargestFile = 100L * 1024 * 1024;
    private const int KeptFiles = 31;

    public static Logger Create(Settings settings, LogHealth health)
    {
        try
        {
            DurableFile.MakeFolder(settings.LogDir, DurableFile.FolderThatTheGroupReads);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"LOG_DIR={settings.LogDir}: allowed is a folder, there or to be made by this user. {error.Message}"]);
        }

        ITextFormatter formatter = settings.LogFormat == "text"
            ? new TextLogFormatter()
            : new JsonLogFormatter();
        var level = settings.LogLevel switch
        {
            "DEBUG" => LogEventLevel.Debug,
            "WARNING" => LogEventLevel.Warning,
            "ERROR" => LogEventLevel.Error,
            _ => LogEventLevel.Information,
        };
        return new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Warning)

            // The web server makes an activity for each request if this category may log anything. RequestLog has all that it would say.
            .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off)

            // The library would log what a client sent wrong as an error of the server, with its stack. The line of the request says it.
            .MinimumLevel.Override("ModelContextProtocol", LogEventLevel.Fatal)

            // ServeCommand reports this failure in one sentence.
            .Filter.ByExcluding(static line => line.MessageTemplate.Text == "Hosting failed to start")
            .Filter.ByExcluding(new ConnectionNoise(TimeProvider.System).Excludes)
            .WriteTo.Sink(new LogFiles(settings.LogDir, () => OpenFiles(settings.LogDir, formatter, health), health))
            .CreateLogger();
    }

    private static (Logger Files, CurrentLogFile[] Names) OpenFiles(string folder, ITextFormatter formatter, LogHealth health)
    {
        var (all, errors) = (new CurrentLogFile("mcp_server.log", health.AllLines), new CurrentLogFile("mcp_server_error.log", health.Errors));
        errors.Begin(folder, string.Create(CultureInfo.InvariantCulture, $"mcp_server_error-{TimeProvider.System.GetLocalNow():yyyyMMdd}.log"));
        var files = new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .WriteTo.Fallible(to => to.File(formatter, Path.Combine(folder, "mcp_server-.log"), rollingInterval: RollingInterval.Day,
                fileSizeLimitBytes: LargestFile, rollOnFileSizeLimit: true, retainedFileCountLimit: KeptFiles, hooks: all), health.AllLines)
            .WriteTo.Fallible(to => to.File(formatter, Path.Combine(folder, "mcp_server_error-.log"), LogEventLevel.Warning, rollingInterval: RollingInterval.Day,
                fileSizeLimitBytes: LargestFile, rollOnFileSizeLimit: true, retainedFileCountLimit: KeptFiles, hooks: errors), health.Errors)
            .CreateLogger();
        return (files, [all, errors]);
    }
}
