using Microsoft.CodeAnalysis;

namespace FastKv.CommandGenerator;

/// <summary>The compiler errors that a wrong command declaration causes.</summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor Duplicate = Rule("FKV001", "Command declared twice", "Command {0} is declared more than once");
    public static readonly DiagnosticDescriptor Missing = Rule("FKV002", "Command declaration incomplete", "Command {0} has no value");
    public static readonly DiagnosticDescriptor Signature = Rule(
        "FKV003", "Command handler of the wrong shape", "The handler of {0} must be an accessible, non-generic 'static void M(ref CommandContext)'");
    public static readonly DiagnosticDescriptor WriteAndReadOnly = Rule(
        "FKV004", "Command both writes and only reads", "Command {0} has both CommandFlags.Write and CommandFlags.ReadOnly");
    public static readonly DiagnosticDescriptor NoKeys = Rule(
        "FKV005", "Command routed by keys it does not have", "Command {0} is routed by its keys, but declares neither FirstKey nor a KeySpec");
    public static readonly DiagnosticDescriptor NoParent = Rule("FKV006", "Subcommand without container", "No container or command is declared for {0}");
    public static readonly DiagnosticDescriptor BadName = Rule(
        "FKV007", "Command name of the wrong shape",
        "Command name {0}: upper-case letters, digits, '-' and '_', at most 24, with one '|' before a subcommand's name");
    public static readonly DiagnosticDescriptor BadSyntax = Rule("FKV008", "Command syntax does not parse", "Syntax of command {0}");
    public static readonly DiagnosticDescriptor TwoKeyDescriptions = Rule(
        "FKV009", "Keys described twice", "Command {0} has both FirstKey and KeySpec; the range follows from the specifications");

    private static DiagnosticDescriptor Rule(string id, string title, string message) =>
        new(id, title, message, "FastKv.Commands", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
