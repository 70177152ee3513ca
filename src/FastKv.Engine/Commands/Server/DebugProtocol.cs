namespace FastKv.Engine.Commands.Server;

/// <summary>DEBUG PROTOCOL: one reply of each type, for the tests of client libraries. Control plane.</summary>
internal static class DebugProtocol
{
    public static void Reply(ref CommandContext context)
    {
        if (!TryScalar(ref context) && !TryAggregate(ref context))
            context.Reply.Error(Errors.UnknownProtocolType);
    }

    private static bool TryScalar(ref CommandContext context)
    {
        var reply = context.Reply;
        if (context.Is(2, "STRING"u8))
            reply.BulkString("Hello World"u8);
        else if (context.Is(2, "INTEGER"u8))
            reply.Integer(12345);
        else if (context.Is(2, "DOUBLE"u8))
            reply.Double(3.141);
        else if (context.Is(2, "BIGNUM"u8))
            reply.BigNumber("1234567999999999999999999999999999999"u8);
        else if (context.Is(2, "NULL"u8))
            reply.Null();
        else if (context.Is(2, "VERBATIM"u8))
            reply.VerbatimString("This is a verbatim\nstring"u8, "txt"u8);
        else if (context.Is(2, "TRUE"u8))
            reply.Boolean(true);
        else if (context.Is(2, "FALSE"u8))
            reply.Boolean(false);
        else
            return false;
        return true;
    }

    private static bool TryAggregate(ref CommandContext context)
    {
        var reply = context.Reply;
        const int elements = 3;
        bool isSet = context.Is(2, "SET"u8);
        if (isSet || context.Is(2, "ARRAY"u8))
        {
            if (isSet)
                reply.SetHeader(elements);
            else
                reply.ArrayHeader(elements);
            for (int i = 0; i < elements; i++)
                reply.Integer(i);
        }
        else if (context.Is(2, "MAP"u8))
        {
            reply.MapHeader(elements);
            for (int i = 0; i < elements; i++)
            {
                reply.Integer(i);
                reply.Boolean(i == 1);
            }
        }
        else if (context.Is(2, "ATTRIB"u8))
        {
            if (reply.Resp > 2)
            {
                reply.AttributeHeader(1);
                reply.BulkString("key-popularity"u8);
                reply.ArrayHeader(2);
                reply.BulkString("key:123"u8);
                reply.Integer(90);
            }
            reply.BulkString("Some real reply following the attribute"u8);
        }
        else if (context.Is(2, "PUSH"u8))
        {
            ReplyPush(ref context);
        }
        else
        {
            return false;
        }
        return true;
    }

    private static void ReplyPush(ref CommandContext context)
    {
        var reply = context.Reply;
        if (reply.Resp < 3)
        {
            reply.Error(Errors.NeedsResp3);
            return;
        }
        reply.PushHeader(2);
        reply.BulkString("server-cpu-usage"u8);
        reply.Integer(42);
        reply.BulkString("Some real reply following the push reply"u8);
    }
}
