using System;
using System.Collections.Generic;

namespace FastKv.Engine.Commands.Server;

// Control plane. One node of a command's argument tree, as COMMAND DOCS shows it. Also compiled into the generator.

/// <summary>An argument of a command: a value, a bare token, or a group of arguments.</summary>
internal sealed class SyntaxArgument
{
    public string Name = "";

    /// <summary>key, string, integer, double, pattern, unix-time, pure-token, oneof or block.</summary>
    public string Type = "string";

    /// <summary>Position in the command's key specifications; −1: not a key.</summary>
    public int KeySpecIndex = -1;

    /// <summary>The word that introduces the value (or is it, for a pure token); null: none. "" is a token of no bytes (MIGRATE).</summary>
    public string? Token;
    public string DisplayText = "", Since = "", DeprecatedSince = "";
    public bool Optional, Multiple, MultipleToken;
    public List<SyntaxArgument> Arguments = [];

    /// <summary>Whether both describe the same argument, apart from being optional or repeated.</summary>
    public bool SameAs(SyntaxArgument other)
    {
        if (Name != other.Name || Type != other.Type || Token != other.Token || Arguments.Count != other.Arguments.Count)
            return false;
        for (int i = 0; i < Arguments.Count; i++)
        {
            if (!Arguments[i].SameAs(other.Arguments[i]))
                return false;
        }
        return true;
    }
}

/// <summary>A command's Syntax text that does not follow the notation; the message says what and where.</summary>
internal sealed class SyntaxNotationException(string message) : Exception(message)
{
}
