using System.Collections.Concurrent;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Pilothouse.Monitoring;

/// <summary>
/// Hands the log messages of this program and its libraries to Serilog, and closes its files at the end. The package
/// Serilog.Extensions.Logging does so too, but its code is compiled anew for each kind of message: 0.8 MB of the binary.
/// </summary>
internal sealed class SerilogLoggers(Logger logger) : ILoggerFactory
{
    private static readonly MessageTemplateParser Parser = new();

    /// <summary>The templates of messages as they were parsed. Their texts are constants of the program, so there are some hundreds at most.</summary>
    private static readonly ConcurrentDictionary<string, MessageTemplate> Templates = new();

    public Microsoft.Extensions.Logging.ILogger CreateLogger(string categoryName) => new Category(logger.ForContext(Constants.SourceContextPropertyName, categoryName));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("All messages go to Serilog; another place to write to is a sink of Logging.Create.");

    public void Dispose() => logger.Dispose();

    private sealed class Category(Serilog.ILogger logger) : Microsoft.Extensions.Logging.ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && logger.IsEnabled(LevelOf(logLevel));

        /// <summary>Does nothing, because no form of the log shows what a scope holds.</summary>
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        /// <summary>This method is compiled for each structure that holds the values of a message, so it does nothing but pass them on.</summary>
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && !Write(logLevel, state, exception))
            {
                Write(logLevel, formatter(state, exception), exception);
            }
        }

        /// <summary>Returns false if the state has no message template, which is the last of its values.</summary>
        private bool Write(LogLevel level, object? state, Exception? exception)
        {
            if (state is not IReadOnlyList<KeyValuePair<string, object?>> { Count: > 0 and var count } values || values[count - 1] is not { Key: "{OriginalFormat}", Value: string text })
            {
                return false;
            }

            var properties = new List<LogEventProperty>(count);
            for (var i = 0; i < count - 1; i++)
            {
                var (name, value) = values[i];
                if (logger.BindProperty(name, value, destructureObjects: false, out var property))
                {
                    properties.Add(property);
                }
            }

            Write(level, Templates.GetOrAdd(text, Parser.Parse), properties, exception);
            return true;
        }

        private void Write(LogLevel level, string text, Exception? exception) => Write(level, new MessageTemplate([new TextToken(text)]), [], exception);

        private void Write(LogLevel level, MessageTemplate template, IEnumerable<LogEventProperty> properties, Exception? exception) =>
            logger.Write(new LogEvent(TimeProvider.System.GetLocalNow(), LevelOf(level), exception, template, properties));

        private static LogEventLevel LevelOf(LogLevel level) => level switch
        {
            LogLevel.Trace => LogEventLevel.Verbose,
            LogLevel.Debug => LogEventLevel.Debug,
            LogLevel.Information => LogEventLevel.Information,
            LogLevel.Warning => LogEventLevel.Warning,
            LogLevel.Error => LogEventLevel.Error,
            _ => LogEventLevel.Fatal,
        };
    }
}
