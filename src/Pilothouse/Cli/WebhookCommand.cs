using System.CommandLine;
using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Webhooks;

namespace Pilothouse.Cli;

/// <summary>The command <c>pilothouse webhook</c>. It works on the database, whether a server runs or not.</summary>
internal static class WebhookCommand
{
    public static Command Create() => new("webhook", "Addresses for the messages of TradingView and freqtrade.") { CreateWebhook(), ListWebhooks(), RevokeWebhook() };

    private static Command CreateWebhook()
    {
        var name = new Option<string>("--name") { Description = "Its name in the address.", Required = true };
        var kind = new Option<string>("--kind") { Description = "tradingview or freqtrade.", Required = true };
        var bot = new Option<string?>("--bot-name") { Description = "The only bot that it records for; its own name, where it is left out." };
        var mode = new Option<string?>("--mode") { Description = "For freqtrade: paper for a dry run, auto for real money, or manual." };
        var strategy = new Option<string?>("--strategy") { Description = "The strategy of a signal or trade whose message says none." };
        var template = new Option<string?>("--template") { Description = "How a text alert is written, such as '{action} {pair} at {price}'." };
        var command = new Command("create", "Make a webhook. Its secret is shown once.") { name, kind, bot, mode, strategy, template };
        command.SetAction((parsed, _) => CommandDatabase.WithAsync("webhook create", async (settings, database, log) =>
        {
            var clock = TimeProvider.System;
            var input = new NewWebhook { Name = parsed.GetValue(name), Kind = parsed.GetValue(kind), BotName = parsed.GetValue(bot) };
            input.Mode = parsed.GetValue(mode);
            input.Strategy = parsed.GetValue(strategy);
            input.Template = parsed.GetValue(template);
            try
            {
                NewWebhook.Rules.Check(input, clock.GetUtcNow());
                var (hook, secret) = await database.WriteAsync(async session =>
                {
                    var made = await new WebhookBook(new WebhookSecrets(settings), clock).CreateAsync(session, Caller.AtCommandLine, input);
                    await CommandDatabase.AuditAsync(session, settings, AuditedWork.CreateWebhook, WebhookBook.ChangeOf(null, made.Hook));
                    return made;
                });
                var path = WebhookRow.Of(hook).Path;
                Shell.Say(string.Create(CultureInfo.InvariantCulture, $"Webhook {hook.Id} was made. Its messages go to {path}. Its secret is not shown again:"));
                Shell.Print(secret);
                log.Done(string.Create(CultureInfo.InvariantCulture, $"Webhook {hook.Id} was made: {path}"));
                return Shell.Good;
            }
            catch (Refusal refusal)
            {
                Shell.Say(refusal.Message);
                return Shell.WrongUse;
            }
        }));
        return command;
    }

    private static Command ListWebhooks()
    {
        var command = new Command("list", "Every webhook, without the secrets.");
        command.SetAction(static (_, _) => CommandDatabase.WithAsync("webhook list", static async (_, database, _) =>
        {
            var hooks = await database.ReadAsync(WebhookStore.ListAsync);
            Shell.PrintTable(["id", "kind", "name", "bot", "made", "revoked"], hooks.Select(static hook => new[]
            {
                hook.Id.ToString(CultureInfo.InvariantCulture), hook.Kind, hook.Name, PrintableText.Name(hook.BotName), Shell.Show(hook.CreatedAt), Shell.Show(hook.RevokedAt),
            }));
            return Shell.Good;
        }));
        return command;
    }

    private static Command RevokeWebhook()
    {
        var id = new Argument<long>("ID")
        {
            Description = "The webhook's id, from `webhook list`.",
            CustomParser = static result => Shell.WholeNumber(result, "ID"),
        };
        var command = new Command("revoke", "End a webhook at once.") { id };
        command.SetAction((parsed, _) => CommandDatabase.WithAsync("webhook revoke", async (settings, database, log) =>
        {
            try
            {
                var number = parsed.GetValue(id);
                await database.WriteAsync(async session =>
                {
                    var (before, after) = await new WebhookBook(new WebhookSecrets(settings), TimeProvider.System).RevokeAsync(session, Caller.AtCommandLine, number);
                    await CommandDatabase.AuditAsync(session, settings, AuditedWork.RevokeWebhook, WebhookBook.ChangeOf(before, after));
                    return true;
                });
                Shell.Say($"Webhook {number} is revoked.");
                log.Done($"Webhook {number} is revoked.");
                return Shell.Good;
            }
            catch (Refusal refusal)
            {
                Shell.Say(refusal.Message);
                return Shell.Failed;
            }
        }));
        return command;
    }
}
