using FastKv.Engine.Commands;
using FastKv.Engine.Configuration;
using FastKv.Protocol;

namespace FastKv.Engine.Monitoring;

/// <summary>Which arguments neither the slow log nor MONITOR may show: passwords, and what is about users. Control plane.</summary>
internal static unsafe class SecretArguments
{
    /// <summary>What is shown instead.</summary>
    public static ReadOnlySpan<byte> Placeholder => "(redacted)"u8;

    /// <summary>Whether an argument is secret; <paramref name="command"/> is the subcommand, if it has one.</summary>
    public static bool IsSecret(CommandDescriptor command, Argument* arguments, int count, int index) => command.Name switch
    {
        // A call of so many arguments is an error, which Redis shows as it stands.
        "auth" => index > 0 && count <= 3,
        "hello" => IsSecretOfHello(arguments, count, index),
        "config|set" => index > 2 && index % 2 == 1 && ServerConfig.IsSensitive(System.Text.Encoding.Latin1.GetString(arguments[index - 1].Span)),
        "acl|setuser" => index > 1,
        "migrate" => IsSecretOfMigrate(arguments, index),
        _ => false,
    };

    /// <summary>HELLO version AUTH user password.</summary>
    private static bool IsSecretOfHello(Argument* arguments, int count, int index)
    {
        if (count < 5 || arguments[1].Span is not ([(byte)'2'] or [(byte)'3']))
            return false;
        for (int i = 2; i < count; i++)
        {
            if (Is(arguments[i], "AUTH"u8) && i + 2 < count)
            {
                if (index == i + 1 || index == i + 2)
                    return true;
                i += 2;
            }
            else
            {
                i++;
            }
        }
        return false;
    }

    /// <summary>AUTH password, AUTH2 user password, behind the five fixed arguments.</summary>
    private static bool IsSecretOfMigrate(Argument* arguments, int index) =>
        (index > 6 && (Is(arguments[index - 1], "AUTH"u8) || Is(arguments[index - 1], "AUTH2"u8))) || (index > 7 && Is(arguments[index - 2], "AUTH2"u8));

    private static bool Is(Argument argument, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(argument.Span, word);
}
