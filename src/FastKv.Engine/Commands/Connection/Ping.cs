namespace FastKv.Engine.Commands.Connection;

/// <summary>PING. Data plane.</summary>
internal static class Ping
{
    [Command("PING", Arity = -1, Flags = CommandFlags.Fast, Group = CommandGroup.Connection, Route = CommandRoute.Connection, Since = "1.0.0",
        Summary = "Returns the server's liveliness response.", Complexity = "O(1)", Syntax = "[message]",
        Tips = ["request_policy:all_shards", "response_policy:all_succeeded"])]
    internal static void Execute(ref CommandContext context)
    {
        if (context.Count > 2)
            CommandRules.WrongArity(ref context, context.Command);
        else if ((context.Client.Gate & Clients.ClientGate.SubscriberMode) != 0)
            ReplyToSubscriber(ref context);
        else if (context.Count == 2)
            context.Reply.BulkString(context[1]);
        else
            context.Reply.SimpleString("PONG"u8);
    }

    /// <summary>In the shape of a message, which is all that a RESP2 client with subscriptions expects.</summary>
    private static void ReplyToSubscriber(ref CommandContext context)
    {
        context.Reply.ArrayHeader(2);
        context.Reply.BulkString("pong"u8);
        context.Reply.BulkString(context.Count == 2 ? context[1] : default);
    }
}
