using System.CommandLine;
using Pilothouse.Alerts;
using Pilothouse.Configuration;

namespace Pilothouse.Cli;

/// <summary>The command <c>pilothouse alert</c>: tries the targets of alerts. It needs no server and no database.</summary>
internal static class AlertCommand
{
    public static Command Create() => new("alert", "What people are told at 3 a.m.") { Test() };

    private static Command Test()
    {
        var command = new Command("test", "Send a test to each target that is set, and say what came back. Exit code 1 where one did not take it.");
        command.SetAction((_, cancel) => Shell.WithSettingsAsync(async all =>
        {
            var settings = all.Alerts;
            var targets = new AlertTargets(settings);
            if (targets.All.Count == 0)
            {
                Shell.Say("No target for alerts is set. docs/alerts.md says how: Telegram takes three steps.");
                return Shell.Failed;
            }

            using var post = new AlertPost(settings, targets, TimeProvider.System);
            var test = new Alert { At = TimeProvider.System.GetUtcNow(), Topic = AlertSettings.Conditions, Event = "alert.test", Text = $"This is a test from {System.Environment.MachineName}. Alerts reach you here.", Count = 1 };
            var problems = 0;
            foreach (var target in targets.All)
            {
                var result = await post.SendAsync(target, test, cancel);
                problems += result.Problem is null ? 0 : 1;
                Shell.Print($"{target.Name}: {result.Problem ?? "It has taken the test."}");
            }

            return problems == 0 ? Shell.Good : Shell.Failed;
        }));
        return command;
    }
}
